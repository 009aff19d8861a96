-- Tasks of these runs that have been tried, one walk along the key for each run. $1 runs, $2 nodes, $3 how many in all.
select t.run_id, t.node, t.at, t.status, t.attempt,
  reprise.ms(t.started_at) as started_at, reprise.ms(t.ended_at) as ended_at, reprise.ms(t.total_until) as total_until
from unnest($1::uuid[]) as k (id)
cross join lateral (select * from reprise.task where run_id = k.id and node = any ($2::int[]) and attempt > 0 offset 0) as t
limit $3
