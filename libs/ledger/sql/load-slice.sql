-- Part of the list a forEach runs over. $1 run, $2 node, $3 at, $4 index of the first value, $5 how many.
select coalesce(json_agg(value order by position), '[]') as values
from (
  select value, position
  from reprise.task, json_array_elements(input) with ordinality as list (value, position)
  where run_id = $1 and node = $2 and at = $3
  limit $5 offset $4
) as slice
