-- Takes business keys of calls that are free, expired, or whose owner is gone without having settled them. Sorted by name and key.
-- One that was taken after this transaction began is left alone: it may have waited for another key since before its owner was there to see.
-- $1 calls, $2 keys, $3 fingerprints, $4 runs, $5 nodes, $6 ats.
insert into reprise.idempotency as i (scope, name, key, fingerprint, run_id, node, at, state)
select 'call', name, key, fingerprint, run_id, node, at, 'open'
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::text[]) as d (name, key, fingerprint, run_id, node, at)
on conflict (scope, name, key) do update
set fingerprint = excluded.fingerprint, run_id = excluded.run_id, node = excluded.node, at = excluded.at, state = 'open', result = null,
  created_at = now(), expires_at = null
where i.expires_at <= now()
  or (i.state = 'open' and i.created_at < now() and not exists (
    select from reprise.task as owner
    where owner.run_id = i.run_id and owner.node = i.node and owner.at = i.at and owner.ended_at is null))
