-- Locks and loads task rows by key, in the order given. $1 runs, $2 nodes, $3 ats.
-- One look-up by key each (OFFSET 0 keeps it so): no statistics, however wrong, can turn this into a scan.
-- BETWEEN the first run and the last (they are sorted), so that only the partitions that may hold them are planned for.
select t.run_id, t.node, t.at, t.status, t.attempt, t.fence, t.claim, t.executor, t.queue,
  reprise.ms(t.created_at) as created_at, reprise.ms(t.queued_at) as queued_at, reprise.ms(t.started_at) as started_at,
  reprise.ms(t.ended_at) as ended_at, reprise.ms(t.lease_until) as lease_until, reprise.ms(t.due_at) as due_at,
  reprise.ms(t.watch_at) as watch_at, reprise.ms(t.queue_until) as queue_until, reprise.ms(t.total_until) as total_until,
  t.cancelling, t.input is not null as has_input, t.secrets is not null as has_secrets,
  case when pg_column_size(t.output) <= 2048 then t.output end as output, t.output is not null as has_output,
  t.error, t.why, t.memory, t.guard, t.progress, t.idempotency_key, t.recorded
from unnest($1::uuid[], $2::int[], $3::text[]) as k (run_id, node, at)
cross join lateral (
  select * from reprise.task
  where run_id = k.run_id and node = k.node and at = k.at and run_id between ($1::uuid[])[1] and ($1::uuid[])[cardinality($1)]
  for update offset 0
) as t
