-- Events for a wait that it has not looked at, oldest first: kept for its key, or sent to its run. Those that another wait of the run has
-- taken are not among them; those that this one took or refused under an earlier fence are. `total`: how many there are, up to one more than asked for.
-- $1 run, $2 node, $3 at, $4 fence, $5 interest, $6 key, $7 types as a regular expression, $8 since when, $9 how many, $10 how many bytes.
with there as (
  (
    select k.number, k.received_at
    from reprise.event_key as k
    where k.interest = $5::uuid and k.key = $6::text and k.received_at >= reprise.at_ms($8::float8)
      and not exists (
        select from reprise.seen_event as s
        where s.run_id = $1::uuid and s.number = k.number
          and case when s.node = $2::int and s.at = $3::text then s.fence = $4::bigint else s.taken end
      )
    order by k.received_at, k.number
    limit $9::int + 1
  )
  union all
  (
    select k.number, k.received_at
    from reprise.kept_event as k
    where k.run_id = $1::uuid and (k.type || '.') ~ $7::text and k.received_at >= reprise.at_ms($8::float8)
      and not exists (
        select from reprise.seen_event as s
        where s.run_id = $1::uuid and s.number = k.number
          and case when s.node = $2::int and s.at = $3::text then s.fence = $4::bigint else s.taken end
      )
    order by k.received_at, k.number
    limit $9::int + 1
  )
), placed as (
  select e.number, e.received_at, e.size, row_number() over w as place, sum(e.size) over w - e.size as before, count(*) over () as total
  from (select number, received_at from there order by received_at, number limit $9::int + 1) as t
  join reprise.kept_event as e using (number)
  window w as (order by t.received_at, t.number)
)
select p.number, e.body, reprise.ms(p.received_at) as received_at, p.total
from placed as p join reprise.kept_event as e using (number)
where p.place <= $9::int and p.before < $10::bigint
order by p.place
