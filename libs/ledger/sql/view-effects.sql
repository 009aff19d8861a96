-- Effects of task instances as people see them, in the order they were begun. $1 run, $2 nodes, $3 ats, $4 largest result to bring along
-- (stored bytes), $5 how many of each.
select k.node, k.at, e.name, e.state, e.key, e.policy, e.attempt, e.error, e.settled_by, reprise.ms(e.begun_at) as begun_at,
  reprise.ms(e.changed_at) as changed_at, case when pg_column_size(e.result) <= $4 then e.result end as result
from unnest($2::int[], $3::text[]) as k (node, at)
cross join lateral (
  select * from reprise.effect where run_id = $1 and node = k.node and at = k.at order by begun_at, name limit $5 offset 0
) as e
