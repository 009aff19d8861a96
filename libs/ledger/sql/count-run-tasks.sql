-- How many tasks these runs have, each counted to $2 at most. $1 runs.
select k.id, t.tasks
from unnest($1::uuid[]) as k (id)
cross join lateral (
  select count(*)::int as tasks from (select from reprise.task where run_id = k.id limit $2 offset 0) as few
) as t
