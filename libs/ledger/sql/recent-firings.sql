-- What the last instants of schedules did, newest first. $1 sources of their events, $2 how many of each.
select e.source, e.id, e.outcome, e.results, reprise.ms(e.received_at) as "receivedAt"
from unnest($1::text[]) as k (source)
cross join lateral (select * from reprise.trigger_event where source = k.source order by id desc limit $2) as e
