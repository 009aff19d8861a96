-- How large the outputs of a list's items are together. $1 run, $2 node, $3 LIKE pattern of the items' at, $4 its depth.
select coalesce(sum(octet_length(output::text)), 0)::float8 as bytes
from reprise.task
where run_id = $1 and node = $2 and at like $3 and cardinality(string_to_array(at, '.')) = $4
