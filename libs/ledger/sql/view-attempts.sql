-- The newest ended attempts of each of these tasks, newest first. $1 run, $2 nodes, $3 ats, $4 how many of each.
select a.node, a.at, a.fence, a.attempt, a.outcome, a.executor, a.error, a.why, a.verdict,
  reprise.ms(a.queued_at) as queued_at, reprise.ms(a.started_at) as started_at, reprise.ms(a.ended_at) as ended_at
from unnest($2::int[], $3::text[]) as k (node, at)
cross join lateral (
  select * from reprise.attempt where run_id = $1 and node = k.node and at = k.at order by fence desc limit $4 offset 0
) as a
