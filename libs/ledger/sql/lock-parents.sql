-- Locks tasks that wait for a child run, in the order given: nobody else starts it, and nobody ends them meanwhile. Returns those that
-- still wait under their fence and are not asked to stop. $1 runs, $2 nodes, $3 ats, $4 fences.
select t.run_id, t.node, t.at
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[]) as k (run_id, node, at, fence)
cross join lateral (
  select * from reprise.task where run_id = k.run_id and node = k.node and at = k.at for no key update offset 0
) as t
where t.status = 'waiting' and t.fence = k.fence and not t.cancelling
