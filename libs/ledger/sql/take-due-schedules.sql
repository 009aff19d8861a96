-- Schedules with something to do, locked until the transaction ends: due, or with instants that waited for runs which have ended. Those
-- that another trigger has locked are left to it. $1 how many.
with candidate as (
  (select workflow, id from reprise.schedule where paused_at is null and due_at <= now() order by due_at limit $1)
  union
  (
    select s.workflow, s.id from reprise.schedule as s
    where s.pending <> '{}' and s.paused_at is null
      and not exists (select from reprise.run where id = any (s.open_runs) and ended_at is null)
    limit $1
  )
)
select s.workflow, s.id, s.version, s.trigger, reprise.ms(s.next_instant) as next_instant, reprise.ms(s.due_at) as due_at,
  reprise.ms(s.previous) as previous, s.pending, s.open_runs, reprise.ms(s.paused_at) as paused_at, reprise.ms(clock_timestamp()) as now
from reprise.schedule as s join candidate as c on c.workflow = s.workflow and c.id = s.id
where s.paused_at is null
order by s.due_at
for update of s skip locked
