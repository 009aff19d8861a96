-- Tasks of whose effects none is open any more, by what a person has found out: their next attempt is not taken for one that has left
-- something open. In a statement of its own, which sees what was found out. $1 runs, $2 nodes, $3 ats.
update reprise.task as t
set guard = 'settled'
from unnest($1::uuid[], $2::int[], $3::text[]) as d (run_id, node, at)
where t.run_id = d.run_id and t.node = d.node and t.at = d.at and t.run_id = any($1) and t.guard like 'open-%'
  and not exists (
    select from reprise.effect as e
    where e.run_id = t.run_id and e.node = t.node and e.at = t.at and e.run_id = any($1) and e.state in ('intended', 'in_doubt')
  )
