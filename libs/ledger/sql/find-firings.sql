-- What is known of these instants of a schedule: as they fired, and as backfills made up for them. $1 source, $2 instants.
select k.id as instant, e.results
from unnest($2::text[]) as k (id)
cross join lateral (
  select results from reprise.trigger_event
  where source = $1 and (id = k.id or (id >= k.id || '/' and id < k.id || '0'))
  offset 0
) as e
