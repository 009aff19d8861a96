-- Forgets the oldest trigger events: one that comes again is new. $1 seen before (epoch ms), $2 how many to look at.
with gone as (
  delete from reprise.trigger_event
  where number = any(array(select number from reprise.trigger_event order by number limit $2))
    and received_at < to_timestamp($1::float8 / 1000)
  returning number
)
select count(*)::int as gone from gone
