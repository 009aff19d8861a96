-- Runs of a batch and what stands in the way of its action, newest first; every null is a filter not set.
-- $1 how many, $2 ids below, $3 ids from, $4 workflow, $5 status, $6 whether only open ones, $7 labels, $8 created from (epoch ms),
-- $9 created before (epoch ms), $10 the beginning of an id or a key, or part of a workflow's name.
select r.id, r.workflow_id as version, r.status, coalesce((r.progress ->> 'compensated')::boolean, false) as compensated,
  r.parent_id is null or exists (
    select from reprise.task as t
    where t.run_id = r.parent_id and t.node = (r.origin #>> '{parent,node}')::int and t.at = r.origin #>> '{parent,at}'
      and t.fence = (r.origin #>> '{parent,fence}')::bigint and t.status = 'waiting'
  ) as awaited
from (
  select * from reprise.run
  where ($2::uuid is null or id < $2) and ($3::uuid is null or id >= $3) and ($4::text is null or workflow = $4)
    and ($5::text is null or status = $5) and (not $6::bool or ended_at is null) and ($7::jsonb is null or labels @> $7)
    and ($8::float8 is null or created_at >= to_timestamp($8 / 1000)) and ($9::float8 is null or created_at < to_timestamp($9 / 1000))
    and ($10::text is null or starts_with(id::text, lower($10)) or starts_with(key, $10) or strpos(workflow, $10) > 0)
    and ($4::text is not null or trigger <> 'probe')
  order by id desc
  limit $1
) as r
order by r.id desc
