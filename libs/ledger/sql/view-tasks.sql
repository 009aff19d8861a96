-- Task rows as people see them, one look-up by key each. $1 run, $2 nodes, $3 ats, $4 largest output to bring along (stored bytes),
-- $5 whether the inputs are wanted.
select t.node, t.at, t.status, t.attempt, t.executor, t.queue, t.cancelling, t.error, t.why, t.progress, t.guard,
  reprise.ms(t.created_at) as created_at, reprise.ms(t.queued_at) as queued_at, reprise.ms(t.started_at) as started_at,
  reprise.ms(t.ended_at) as ended_at, reprise.ms(t.due_at) as due_at,
  case when pg_column_size(t.output) <= $4 then t.output end as output, t.output is not null as has_output,
  case when t.status = 'running' and (t.heartbeat ->> 'fence')::bigint = t.fence then t.heartbeat end as heartbeat,
  case when $5::bool then t.input end as input
from unnest($2::int[], $3::text[]) as k (node, at)
cross join lateral (select * from reprise.task where run_id = $1 and node = k.node and at = k.at offset 0) as t
