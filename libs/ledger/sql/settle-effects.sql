-- What a person has found out about effects in doubt. Others than those named: `void`, where that was said.
-- $1 runs, $2 nodes, $3 ats, $4 names, $5 whether each happened, $6 results, $7 who said so.
update reprise.effect as e
set state = case when d.happened then 'committed' else 'void' end, result = d.result, settled_by = d.settled_by, changed_at = now()
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[], $6::json[], $7::text[])
  as d (run_id, node, at, name, happened, result, settled_by)
where e.run_id = d.run_id and e.node = d.node and e.at = d.at and e.name = d.name and e.state in ('intended', 'in_doubt')
