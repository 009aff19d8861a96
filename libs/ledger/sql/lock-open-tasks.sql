-- Locks and loads every row of a run that has not ended. $1 run.
select t.run_id, t.node, t.at, t.status, t.attempt, t.fence, t.claim, t.executor, t.queue,
  reprise.ms(t.created_at) as created_at, reprise.ms(t.queued_at) as queued_at, reprise.ms(t.started_at) as started_at,
  reprise.ms(t.ended_at) as ended_at, reprise.ms(t.lease_until) as lease_until, reprise.ms(t.due_at) as due_at,
  reprise.ms(t.watch_at) as watch_at, reprise.ms(t.queue_until) as queue_until, reprise.ms(t.total_until) as total_until,
  t.cancelling, t.input is not null as has_input, t.secrets is not null as has_secrets,
  case when pg_column_size(t.output) <= 2048 then t.output end as output, t.output is not null as has_output,
  t.error, t.why, t.memory, t.guard, t.progress, t.idempotency_key, t.recorded
from reprise.task as t
where t.run_id = $1 and t.ended_at is null
order by t.node, t.at
for update
