-- Effects in doubt of these tasks have not happened, somebody says. $1 runs, $2 nodes, $3 ats, $4 who said so.
update reprise.effect as e
set state = 'void', result = null, settled_by = d.settled_by, changed_at = now()
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[]) as d (run_id, node, at, settled_by)
where e.run_id = d.run_id and e.node = d.node and e.at = d.at and e.state in ('intended', 'in_doubt')
