-- Forgets the oldest events that came again. $1 first seen to come again before (epoch ms), $2 how many to look at.
with gone as (
  delete from reprise.repeated_event
  where number = any(array(select number from reprise.repeated_event order by number limit $2))
    and received_at < to_timestamp($1::float8 / 1000)
  returning number
)
select count(*)::int as gone from gone
