-- Locks ready attempts that have a business key, to look at the key before they are claimed. $1 runs, $2 nodes, $3 ats, $4 fences.
select t.run_id, t.node, t.at, t.fence, t.input, t.idempotency_key
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[]) as k (run_id, node, at, fence)
cross join lateral (
  select * from reprise.task
  where run_id = k.run_id and node = k.node and at = k.at and run_id between ($1::uuid[])[1] and ($1::uuid[])[cardinality($1)]
  for update offset 0
) as t
where t.status = 'ready' and t.fence = k.fence
