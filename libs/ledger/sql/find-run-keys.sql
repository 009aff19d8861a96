-- Who has these business keys of runs. $1 workflows, $2 keys.
select i.name, i.key, i.fingerprint, i.run_id
from unnest($1::text[], $2::text[]) as k (name, key)
cross join lateral (select * from reprise.idempotency where scope = 'run' and name = k.name and key = k.key offset 0) as i
