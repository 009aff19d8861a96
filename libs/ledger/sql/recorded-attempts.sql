-- Ended attempts of these tasks, oldest first of each. $1 runs, $2 nodes, $3 ats, $4 how many of each.
select a.run_id, a.node, a.at, a.outcome, a.verdict,
  reprise.ms(a.started_at) as started_at, reprise.ms(a.ended_at) as ended_at
from unnest($1::uuid[], $2::int[], $3::text[]) as k (run_id, node, at)
cross join lateral (
  select * from reprise.attempt where run_id = k.run_id and node = k.node and at = k.at order by fence limit $4 offset 0
) as a
order by a.run_id, a.node, a.at, a.fence
