-- Runs whose business key begins with a text, by way of the keys' own index. $1 the text, $2 how many of each workflow.
select i.run_id
from reprise.workflow_name as n
cross join lateral (
  select run_id, key from reprise.idempotency where scope = 'run' and name = n.name and key >= $1::text order by key limit $2 offset 0
) as i
where starts_with(i.key, $1::text)
