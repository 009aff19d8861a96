-- As list-runs, for labels and between two ids: all that match are found first, then the newest are taken (OFFSET 0 keeps it so). Asked for a
-- few in order, the planner would rather walk from run to run until it has met enough, and how many have a label is more than it knows: it
-- has read half a million runs for a label of a hundred.
-- $1 how many, $2 ids below, $3 ids from, $4 workflow, $5 status, $6 whether only open ones, $7 labels, $8 created from (epoch ms), $9 created
-- before (epoch ms), $10 only these ids, $11 the run that has started them, $12 whether probes of polls too.
select r.id, r.workflow, r.workflow_id as version_id, w.version, w.number, r.status, r.closing, r.trigger, r.key, r.labels, r.error,
  (r.origin ->> 'scheduledFor')::float8 as scheduled_for, r.parent_id,
  reprise.ms(r.created_at) as created_at, reprise.ms(r.started_at) as started_at, reprise.ms(r.ended_at) as ended_at
from (
  select * from (
    select * from reprise.run
    where ($2::uuid is null or id < $2) and ($3::uuid is null or id >= $3) and ($4::text is null or workflow = $4)
      and ($5::text is null or status = $5) and (not $6::bool or ended_at is null) and labels @> $7::jsonb
      and ($8::float8 is null or created_at >= to_timestamp($8 / 1000)) and ($9::float8 is null or created_at < to_timestamp($9 / 1000))
      and ($10::uuid[] is null or id = any($10)) and ($11::uuid is null or parent_id = $11) and ($12::bool or trigger <> 'probe')
    offset 0
  ) as matching
  order by id desc
  limit $1
) as r
left join lateral (select version, number from reprise.workflow where id = r.workflow_id offset 0) as w on true
order by r.id desc
