-- Task queues with ready attempts and the age of the oldest, among the rows the watch looks at first. $1 how many rows.
select queue, extract(epoch from now() - min(queued_at))::float8 as oldest_age, bool_or(watch_at <= now()) as due
from (
  select queue, queued_at, status, watch_at from reprise.task where watch_at is not null order by watch_at limit $1
) as first
where status = 'ready'
group by queue
