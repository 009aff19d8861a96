-- Gives free places to those who have waited longest. $1 calls.
with line as (
  select w.run_id, w.node, w.at, w.most, row_number() over (partition by w.call order by w.number) as turn,
    (select count(*) from reprise.place as h where h.call = w.call and h.state = 'held') as held
  from unnest($1::text[]) as d (call)
  cross join lateral (
    select * from reprise.place where call = d.call and state = 'waiting' order by number limit 100
  ) as w
)
update reprise.place as p set state = 'held'
from line as l
where p.run_id = l.run_id and p.node = l.node and p.at = l.at and l.turn <= l.most - l.held
returning p.run_id, p.version, p.node, p.at, p.fence
