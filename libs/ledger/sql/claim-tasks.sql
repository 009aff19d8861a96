-- Claims ready attempts, sorted by run, node, at, none twice. No row back: someone newer owns it, it is no longer ready, or its time in
-- the queue or altogether is over (the watch tells the scheduler of those), or its run is paused. Nothing is claimed while the queue is
-- paused, which one row with `paused` tells: from the same snapshot, so that what is refused for it is known to be.
-- An insert that finds every row there: unlike an update, it looks each one up by its key whatever the statistics say. (As an update it
-- read all 100,000 items of a long list for every batch of 100, when the statistics knew of short runs only.)
-- The guard is the attempt's own, unless effects of earlier ones are recorded: they count whatever runs now.
-- $1 runs, $2 nodes, $3 ats, $4 fences, $5 claim, $6 executor, $7 lease in milliseconds, $8 guards, $9 queue.
with claimed as (
insert into reprise.task as t (run_id, node, at, status, attempt, fence, claim, executor, created_at, started_at, lease_until, guard)
select d.run_id, d.node, d.at, 'running', k.attempt, d.fence + 1, $5, $6, k.created_at, now(), now() + $7::float8 * interval '1 millisecond', d.guard
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $8::text[]) as d (run_id, node, at, fence, guard)
cross join lateral (
  select attempt, created_at from reprise.task
  where run_id = d.run_id and node = d.node and at = d.at and run_id between ($1::uuid[])[1] and ($1::uuid[])[cardinality($1)]
    and fence = d.fence and status = 'ready' and (queue_until <= now() or total_until <= now()) is not true
    and (select status = 'running' from reprise.run
      where id = d.run_id and id between ($1::uuid[])[1] and ($1::uuid[])[cardinality($1)] offset 0) is not false
  offset 0
) as k
where not exists (select from reprise.queue_pause where queue = $9 and resumed_at is null)
on conflict (run_id, node, at) do update set status = excluded.status, fence = excluded.fence, claim = excluded.claim,
  executor = excluded.executor, started_at = excluded.started_at, lease_until = excluded.lease_until,
  guard = case when t.guard is null or t.guard like 'once-%' then excluded.guard else t.guard end
where t.fence = excluded.fence - 1 and t.status = 'ready'
returning t.run_id, t.node, t.at, t.fence, t.input, t.secrets, t.idempotency_key, reprise.ms(t.queued_at) as queued_at,
  reprise.ms(t.total_until) as total_until, reprise.ms(now()) as now
)
select claimed.*, asked.paused
from (select exists (select from reprise.queue_pause where queue = $9 and resumed_at is null) as paused) as asked
left join claimed on true
