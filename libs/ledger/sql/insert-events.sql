-- Trigger events seen for the first time; the others are not returned. One array a column, sorted by source and id.
insert into reprise.trigger_event (source, id, type, subject, fingerprint, outcome, results)
select source, id, type, subject, fingerprint, outcome, results
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::json[])
  as d (source, id, type, subject, fingerprint, outcome, results)
on conflict (source, id) do nothing
returning source, id
