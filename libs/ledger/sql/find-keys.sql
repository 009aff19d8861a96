-- Who owns a business key: one look-up for each name that may have used it. $1 key, $2 names of calls.
select i.scope, i.name, i.key, i.state, i.run_id, i.fingerprint, i.result, reprise.ms(i.created_at) as created_at,
  reprise.ms(i.expires_at) as expires_at
from (
  select 'run' as scope, name from reprise.workflow_name
  union all
  select 'call', unnest($2::text[])
) as n
cross join lateral (select * from reprise.idempotency where scope = n.scope and name = n.name and key = $1 offset 0) as i
order by i.scope, i.name
