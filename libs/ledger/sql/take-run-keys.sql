-- Business keys of runs that nobody has, or whose time is over; the others are not returned. Sorted by name and key.
-- $1 workflows, $2 keys, $3 fingerprints, $4 runs, $5 retention in milliseconds.
insert into reprise.idempotency as i (scope, name, key, fingerprint, run_id, state, expires_at)
select 'run', name, key, fingerprint, run_id, 'succeeded', now() + $5::float8 * interval '1 millisecond'
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) as d (name, key, fingerprint, run_id)
on conflict (scope, name, key) do update
set fingerprint = excluded.fingerprint, run_id = excluded.run_id, created_at = now(), expires_at = excluded.expires_at
where i.expires_at <= now()
returning name, key
