-- Who has these business keys of calls, and with what result. $1 calls, $2 keys.
select i.name, i.key, i.fingerprint, i.run_id, i.node, i.at, i.state, i.result
from unnest($1::text[], $2::text[]) as k (name, key)
cross join lateral (select * from reprise.idempotency where scope = 'call' and name = k.name and key = k.key offset 0) as i
