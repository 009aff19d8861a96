-- Who owns a business key. $1 key, those behind $2 scope and $3 name, $4 how many.
select scope, name, key, state, run_id, fingerprint, result, reprise.ms(created_at) as created_at, reprise.ms(expires_at) as expires_at
from reprise.idempotency
where key = $1 and (scope, name) > ($2, $3)
order by scope, name
limit $4
