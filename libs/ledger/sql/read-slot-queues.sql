-- Of each key: how many hold a place, and the first of those that wait for one. $1 workflows, $2 keys, $3 how many.
select d.workflow, d.key, held.runs as held, w.run_id, w.version, w.most
from unnest($1::text[], $2::text[]) as d (workflow, key)
cross join lateral (
  select count(*)::int as runs from reprise.slot where workflow = d.workflow and key = d.key and state = 'held'
) as held
cross join lateral (
  select run_id, version, most, number from reprise.slot
  where workflow = d.workflow and key = d.key and state = 'waiting' order by number limit $3
) as w
order by d.workflow, d.key, w.number
