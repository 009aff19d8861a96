-- Writes what a decision changed of locked runs; one array a column, one element a run.
-- An output is not read with its run: that an end is announced once more must not take it away.
-- $1 is given twice over: as the join, and as constants, so that only the partitions that hold these ids are planned for.
-- The end of a run that others follow is noted in the same breath.
with updated as (
update reprise.run as r set
  status = d.status, scope = d.scope, closing = d.closing, scope_error = d.scope_error, output = coalesce(d.output, r.output), error = d.error,
  ended_at = reprise.at_ms(d.ended_at), due_at = reprise.at_ms(d.due_at), watch_at = reprise.at_ms(d.watch_at), announced = d.announced, progress = d.progress,
  started_at = reprise.at_ms(d.started_at)
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::json[], $6::json[], $7::json[], $8::float8[], $9::float8[], $10::float8[], $11::bool[], $12::json[],
  $13::float8[])
  as d (id, status, scope, closing, scope_error, output, error, ended_at, due_at, watch_at, announced, progress, started_at)
where r.id = d.id and r.id = any($1::uuid[])
returning r.id, r.workflow, r.status, r.ended_at
)
insert into reprise.completion (run_id, status, workflow, ended_at)
select u.id, u.status, u.workflow, u.ended_at from updated as u
where u.ended_at is not null and exists (select 1 from reprise.follow where name = u.workflow)
on conflict do nothing
