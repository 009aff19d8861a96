-- Lets more people decide; one array a column, one element an approval: runs, nodes, ats, fences, people as a JSON list, epoch
-- milliseconds. Where anybody may, there is nobody to add.
with escalated as (
  update reprise.approval as a
  set assignees = case when cardinality(a.assignees) = 0 then a.assignees else a.assignees || array(
    select name from json_array_elements_text(d.people) as name where name <> all (a.assignees)
  ) end
  from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::json[], $6::float8[]) as d (run_id, node, at, fence, people, now)
  where a.run_id = d.run_id and a.node = d.node and a.at = d.at and a.fence = d.fence and a.state = 'open'
  returning a.id, d.people, d.now
)
insert into reprise.approval_event (approval_id, kind, number, at, detail)
select id, 'escalated', 1, reprise.at_ms(now), json_build_object('to', people) from escalated
on conflict do nothing
