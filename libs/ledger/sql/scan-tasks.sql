-- Rows whose time to be looked at has come; each is handed to one watcher only and armed again, so that nothing is reported in a loop.
-- Working attempts are armed for the end of their lease. A ready one is reported when its queue is empty, when the queue has been
-- read 5 s past it, or when a limit of its own is over: a long queue is not a lost message.
-- $1 how many, $2 queues, $3 how far each has been read (epoch ms, null: unknown), $4 whether each is empty.
with due as (
  select t.run_id, t.node, t.at, t.fence, t.status, t.claim, t.lease_until, t.recorded is not null as has_outcome,
    t.queue, t.queued_at, t.queue_until, t.total_until
  from reprise.task as t
  where t.watch_at <= now()
  order by t.watch_at
  limit $1
  for update skip locked
), judged as (
  select due.*,
    case
      when due.status = 'running' and due.claim is not null and not due.has_outcome and due.lease_until > now() then 'working'
      when due.status = 'ready' and (
        coalesce(q.empty, true) or reprise.ms(due.queued_at) < q.read - 5000
        or due.queue_until <= now() or due.total_until <= now()) is not true then 'queued'
      else 'report'
    end as verdict
  from due left join unnest($2::text[], $3::float8[], $4::bool[]) as q (name, read, empty) on q.name = due.queue
), armed as (
  update reprise.task as t
  set watch_at = case j.verdict when 'working' then j.lease_until when 'queued' then now() + interval '10 seconds' else now() + interval '5 seconds' end
  from judged as j
  where t.run_id = j.run_id and t.node = j.node and t.at = j.at
)
select j.run_id, r.workflow_id as version, j.node, j.at, j.fence, j.status, j.claim is not null as is_claimed, j.has_outcome, j.verdict
from judged as j cross join lateral (select workflow_id from reprise.run where id = j.run_id offset 0) as r
