-- Renews leases, and keeps what has been found out already: an outcome that the scheduler has not acted on yet goes into the row.
-- No row back: the claim is gone. Looked up by key as in claim-tasks. $1 runs, $2 nodes, $3 ats, $4 fences, $5 claims,
-- $6 outcomes (null: still running), $7 lease in milliseconds, $8 heartbeats (null: none since the last renewal).
insert into reprise.task as t (run_id, node, at, status, attempt, fence, claim, created_at, lease_until, recorded, heartbeat)
select d.run_id, d.node, d.at, 'running', k.attempt, d.fence, d.claim, k.created_at, now() + $7::float8 * interval '1 millisecond', d.recorded, d.heartbeat
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::uuid[], $6::json[], $8::json[])
  as d (run_id, node, at, fence, claim, recorded, heartbeat)
cross join lateral (
  select attempt, created_at from reprise.task
  where run_id = d.run_id and node = d.node and at = d.at and run_id between ($1::uuid[])[1] and ($1::uuid[])[cardinality($1)]
    and fence = d.fence and claim = d.claim
  offset 0
) as k
on conflict (run_id, node, at) do update set lease_until = excluded.lease_until, recorded = coalesce(t.recorded, excluded.recorded),
  heartbeat = coalesce(excluded.heartbeat, t.heartbeat)
where t.fence = excluded.fence and t.claim = excluded.claim
returning t.run_id, t.node, t.at, t.claim, t.cancelling
