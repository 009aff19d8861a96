-- Takes back what was counted too much. $1 roots, $2 how many.
update reprise.tree as t set runs = t.runs - d.less
from unnest($1::uuid[], $2::int[]) as d (root_id, less)
where t.root_id = d.root_id
