-- What people have found out about effects in doubt. Who says something else of the same one in the same decision comes too late.
-- $1 runs, $2 nodes, $3 ats, $4 names, $5 whether each happened, $6 results, $7 who said so.
update reprise.effect as e
set state = case when d.happened then 'committed' else 'void' end, result = d.result, settled_by = d.settled_by, changed_at = now()
from (
  select distinct on (run_id, node, at, name) *
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[], $6::json[], $7::text[])
    with ordinality as said (run_id, node, at, name, happened, result, settled_by, place)
  order by run_id, node, at, name, place
) as d
where e.run_id = d.run_id and e.node = d.node and e.at = d.at and e.name = d.name and e.state in ('intended', 'in_doubt')
