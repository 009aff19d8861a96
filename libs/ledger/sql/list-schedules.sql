-- Schedules in the order of their names. $1 how many, $2 of this workflow, $3 and with this id, $4 behind this workflow, $5 and this id.
select s.workflow, s.id, s.version, s.trigger, reprise.ms(s.next_instant) as "nextInstant", reprise.ms(s.due_at) as "dueAt",
  reprise.ms(s.previous) as previous, s.pending, s.missed, s.skipped, reprise.ms(s.missed_at) as "missedAt",
  reprise.ms(s.paused_at) as "pausedAt", s.paused_by as "pausedBy", s.pause_reason as "pauseReason", w.version as semver, w.number,
  (select count(*)::int from reprise.run where id = any (s.open_runs) and ended_at is null) as "openRuns",
  reprise.ms(clock_timestamp()) as now
from reprise.schedule as s join reprise.workflow as w on w.id = s.version
where ($2::text is null or s.workflow = $2) and ($3::text is null or s.id = $3)
  and ($4::text is null or (s.workflow, s.id) > ($4, $5::text))
order by s.workflow, s.id
limit $1
