-- Who has these business keys of runs, and how far those runs have come (null: it is gone). $1 workflows, $2 keys.
select i.name, i.key, i.fingerprint, i.run_id, (select status from reprise.run where id = i.run_id) as status
from unnest($1::text[], $2::text[]) as k (name, key)
cross join lateral (
  select * from reprise.idempotency where scope = 'run' and name = k.name and key = k.key and expires_at > now() offset 0
) as i
