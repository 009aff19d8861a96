-- New runs; one array a column, one element a run. The end of one that others follow is noted in the same breath.
with inserted as (
insert into reprise.run (id, workflow_id, workflow, status, scope, closing, scope_error, trigger, key, input, output, error, labels,
  created_at, started_at, ended_at, due_at, watch_at, announced, origin, parent_id, slot_key)
select id, workflow_id, workflow, status, scope, closing, scope_error, trigger, key, input, output, error, labels,
  reprise.at_ms(created_at), reprise.at_ms(started_at), reprise.at_ms(ended_at), reprise.at_ms(due_at), reprise.at_ms(watch_at), announced,
  origin, parent_id, slot_key
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::json[], $8::text[], $9::text[], $10::json[], $11::json[],
  $12::json[], $13::jsonb[], $14::float8[], $15::float8[], $16::float8[], $17::float8[], $18::float8[], $19::bool[], $20::json[], $21::uuid[],
  $22::text[])
  as d (id, workflow_id, workflow, status, scope, closing, scope_error, trigger, key, input, output, error, labels,
    created_at, started_at, ended_at, due_at, watch_at, announced, origin, parent_id, slot_key)
returning id, workflow, status, ended_at
)
insert into reprise.completion (run_id, status, workflow, ended_at)
select i.id, i.status, i.workflow, i.ended_at from inserted as i
where i.ended_at is not null and exists (select 1 from reprise.follow where name = i.workflow)
on conflict do nothing
