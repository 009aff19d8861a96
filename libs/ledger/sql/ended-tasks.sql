-- Rows of a run that have ended since an instant, without what they were given and gave. $1 run, $2 epoch milliseconds, $3 how many.
select t.run_id, t.node, t.at, t.status, t.attempt, t.fence, t.claim, t.executor, t.queue,
  reprise.ms(t.created_at) as created_at, reprise.ms(t.queued_at) as queued_at, reprise.ms(t.started_at) as started_at,
  reprise.ms(t.ended_at) as ended_at, null::float8 as lease_until, null::float8 as due_at, null::float8 as watch_at,
  null::float8 as queue_until, null::float8 as total_until, false as cancelling, false as has_input, false as has_secrets,
  null::json as output, false as has_output, t.error, t.why, null::json as memory, t.guard, t.progress, null as idempotency_key,
  null::json as recorded
from reprise.task as t
where t.run_id = $1 and t.ended_at >= reprise.at_ms($2)
order by t.ended_at desc
limit $3
