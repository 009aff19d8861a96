-- How many runs a batch would be about; every null is a filter not set.
-- $1 how many at most, $2 ids below, $3 ids from, $4 workflow, $5 status, $6 whether only open ones, $7 labels, $8 created from (epoch ms),
-- $9 created before (epoch ms), $10 the beginning of an id or a key, or part of a workflow's name.
select count(*)::int as count
from (
  select from reprise.run
  where ($2::uuid is null or id < $2) and ($3::uuid is null or id >= $3) and ($4::text is null or workflow = $4)
    and ($5::text is null or status = $5) and (not $6::bool or ended_at is null) and ($7::jsonb is null or labels @> $7)
    and ($8::float8 is null or created_at >= to_timestamp($8 / 1000)) and ($9::float8 is null or created_at < to_timestamp($9 / 1000))
    and ($10::text is null or starts_with(id::text, lower($10)) or starts_with(key, $10) or strpos(workflow, $10) > 0)
    and ($4::text is not null or trigger <> 'probe')
  limit $1
) as r
