-- Asks people; one array a column, one element an approval. Times in epoch milliseconds; assignees as a JSON list.
with asked as (
  insert into reprise.approval (id, run_id, node, at, fence, version, workflow, path, subject, assignees, form, requester, four_eyes,
    required, expires_at, created_at)
  select id, run_id, node, at, fence, version, workflow, path, subject, array(select json_array_elements_text(assignees)), form, requester,
    four_eyes, required, reprise.at_ms(expires_at), reprise.at_ms(created_at)
  from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::json[],
    $11::json[], $12::text[], $13::bool[], $14::int[], $15::float8[], $16::float8[])
    as d (id, run_id, node, at, fence, version, workflow, path, subject, assignees, form, requester, four_eyes, required, expires_at,
      created_at)
  returning id, created_at
)
insert into reprise.approval_event (approval_id, kind, number, at)
select id, 'requested', 1, created_at from asked
