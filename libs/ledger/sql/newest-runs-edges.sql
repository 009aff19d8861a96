-- The first and the last of the newest runs that a list without labels would show: none, if it has fewer.
-- $1 how many, $2 ids below, $3 ids from, $4 workflow, $5 status, $6 whether only open ones, $7 labels, which are not looked at, $8 created from (epoch ms), $9 created
-- before (epoch ms), $10 only these ids, $11 the run that has started them, $12 whether probes of polls too.
select (array_agg(id order by id desc))[1] as newest, (array_agg(id order by id))[1] as oldest
from (
  select id from reprise.run
  where ($2::uuid is null or id < $2) and ($3::uuid is null or id >= $3) and ($4::text is null or workflow = $4)
    and ($5::text is null or status = $5) and (not $6::bool or ended_at is null) and ($7::jsonb is null or true)
    and ($8::float8 is null or created_at >= to_timestamp($8 / 1000)) and ($9::float8 is null or created_at < to_timestamp($9 / 1000))
    and ($10::uuid[] is null or id = any($10)) and ($11::uuid is null or parent_id = $11) and ($12::bool or trigger <> 'probe')
  order by id desc
  limit $1
) as r
having count(*) >= $1
