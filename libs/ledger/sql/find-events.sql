-- What is known of these events. $1 sources, $2 ids.
select e.source, e.id, e.fingerprint, e.outcome, e.results
from unnest($1::text[], $2::text[]) as k (source, id)
cross join lateral (select * from reprise.trigger_event where source = k.source and id = k.id offset 0) as e
