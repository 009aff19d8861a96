-- What became of an attempt whose commit got no answer. FOR UPDATE waits for a commit that is still under way: it holds the row.
-- $1 run, $2 node, $3 at, $4 fence, $5 claim.
select case
  when t.fence <> $4 or (t.claim is distinct from $5 and t.status <> 'succeeded') then 'gone'
  when t.recorded is null and t.status <> 'succeeded' then 'undone'
  else 'committed'
end as fate
from reprise.task as t
where t.run_id = $1 and t.node = $2 and t.at = $3
for update
