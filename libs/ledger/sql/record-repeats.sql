-- Trigger events that came again. One array a column, sorted by source, id and outcome: sources, ids, outcomes, types, subjects,
-- fingerprints, reasons, times each.
insert into reprise.repeated_event as r (source, id, outcome, type, subject, fingerprint, reason, count)
select source, id, outcome, type, subject, fingerprint, reason, count
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
  as d (source, id, outcome, type, subject, fingerprint, reason, count)
on conflict (source, id, outcome) do update
set type = excluded.type, subject = excluded.subject, fingerprint = excluded.fingerprint, reason = excluded.reason,
  count = r.count + excluded.count, last_at = now()
