-- Asks runs that have not ended to be cancelled, for the engine's own reasons: one command a run, however often it is asked. It has the
-- run's id, and is open again if an earlier one of its kind was carried out. $1 runs, $2 reasons.
insert into reprise.command (id, run_id, kind, payload)
select r.id, r.id, 'cancel', jsonb_build_object('reason', d.reason)
from unnest($1::uuid[], $2::text[]) as d (run_id, reason)
cross join lateral (select id from reprise.run where id = d.run_id and ended_at is null offset 0) as r
on conflict (id) do update set payload = excluded.payload, created_at = now(), applied_at = null, result = null
where command.applied_at is not null
