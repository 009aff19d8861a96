-- Of each key: who holds a place, oldest first, and whether anybody waits for one. $1 workflows, $2 keys.
select d.workflow, d.key, held.runs, held.versions,
  exists (select from reprise.slot where workflow = d.workflow and key = d.key and state = 'waiting') as waited
from unnest($1::text[], $2::text[]) as d (workflow, key)
cross join lateral (
  select coalesce(array_agg(run_id order by number), '{}') as runs, coalesce(array_agg(version order by number), '{}') as versions
  from reprise.slot
  where workflow = d.workflow and key = d.key and state = 'held'
) as held
