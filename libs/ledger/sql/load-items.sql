-- The results of a list's ended items. $1 run, $2 node, $3 LIKE pattern of the items' at, $4 its depth.
select at, status, output, error
from reprise.task
where run_id = $1 and node = $2 and at like $3 and cardinality(string_to_array(at, '.')) = $4 and ended_at is not null
