-- Task queues where attempts wait for an executor, since when the oldest does, how many do, and how many are held because nobody reads the
-- queue or has the handler. Walks the index of what waits from queue to queue, and in each past what executors have at this moment.
-- A held attempt is queued again and again: its first one has waited since its row is there.
-- $1 how many queues, $2 how many of each that wait for a time are looked at, $3 how many of each that do not are counted.
with recursive queues (queue) as (
  (select queue from reprise.task where watch_at is not null and queue is not null order by queue limit 1)
  union all
  select next.queue from queues as q
  cross join lateral (
    select queue from reprise.task where watch_at is not null and queue is not null and queue > q.queue order by queue limit 1
  ) as next
)
select q.queue, extract(epoch from now() - least(oldest.since, held.since))::float8 as oldest_age, held.attempts::int as held, ready.attempts::int as ready
from (select queue from queues limit $1) as q
left join lateral (
  select queued_at as since from reprise.task
  where watch_at is not null and queue = q.queue and (case when due_at is null then 0 else 1 end) = 0 and status = 'ready'
  order by queued_at limit 1
) as oldest on true
cross join lateral (
  select count(*) as attempts
  from (
    select from reprise.task
    where watch_at is not null and queue = q.queue and (case when due_at is null then 0 else 1 end) = 0 and status = 'ready'
    order by queued_at limit $3
  ) as first
) as ready
cross join lateral (
  select min(case when attempt = 1 then created_at else queued_at end) as since, count(*) as attempts
  from (
    select status, attempt, created_at, queued_at, why from reprise.task
    where watch_at is not null and queue = q.queue and (case when due_at is null then 0 else 1 end) = 1
    order by queued_at limit $2
  ) as first
  where status = 'retrying' and why->>'hold' in ('NO_QUEUE', 'NO_HANDLER')
) as held
where oldest.since is not null or held.attempts > 0
