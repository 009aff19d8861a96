-- Ended instances that are to be undone and that nothing has begun to undo, the last that ended first: those that succeeded or may have.
-- What another has done is that one's to undo. Where a group around one succeeded that undoes itself, the group speaks for it. $1 run, $2 nodes that can be undone, $3 what undoes them,
-- $4 how long the `at` of their instances is; $5 nodes again, $6 groups around them that undo themselves, $7 how long theirs is; $8 how many.
select t.run_id, t.node, t.at, t.status, t.attempt, t.fence, t.claim, t.executor, t.queue,
  reprise.ms(t.created_at) as created_at, reprise.ms(t.queued_at) as queued_at, reprise.ms(t.started_at) as started_at,
  reprise.ms(t.ended_at) as ended_at, reprise.ms(t.lease_until) as lease_until, reprise.ms(t.due_at) as due_at,
  reprise.ms(t.watch_at) as watch_at, reprise.ms(t.queue_until) as queue_until, reprise.ms(t.total_until) as total_until,
  t.cancelling, t.input is not null as has_input, t.secrets is not null as has_secrets,
  case when pg_column_size(t.output) <= 2048 then t.output end as output, t.output is not null as has_output,
  t.error, t.why, t.memory, t.guard, t.progress, t.idempotency_key, t.recorded
from unnest($2::int[], $3::int[], $4::int[]) as k (node, compensation, depth)
join reprise.task as t on t.run_id = $1 and t.node = k.node
where t.ended_at is not null and cardinality(string_to_array(t.at, '.')) = k.depth
  and (t.status = 'succeeded' or t.memory ->> 'doubt' = 'true') and coalesce(t.why ->> 'reason', '') not in ('reused', 'answered')
  and not exists (select from reprise.task as c where c.run_id = $1 and c.node = k.compensation and c.at = t.at)
  and not exists (
    select from unnest($5::int[], $6::int[], $7::int[]) as o (node, cover, depth)
    join reprise.task as g on g.run_id = $1 and g.node = o.cover and g.at = array_to_string((string_to_array(t.at, '.'))[1:o.depth], '.')
    where o.node = t.node and g.status = 'succeeded')
order by t.ended_at desc, t.node desc, t.at desc
limit $8
