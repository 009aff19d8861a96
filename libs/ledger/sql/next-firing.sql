-- When the next schedule is due; whether an instant that waited may begin now; whether anything waits for runs to end at all.
select reprise.ms(clock_timestamp()) as now,
  (select reprise.ms(min(due_at)) from reprise.schedule where paused_at is null) as due_at,
  exists (
    select from reprise.schedule as s
    where s.pending <> '{}' and s.paused_at is null
      and not exists (select from reprise.run where id = any (s.open_runs) and ended_at is null)
  ) as is_ready,
  exists (select from reprise.schedule where pending <> '{}' and paused_at is null) as has_pending,
  exists (select from reprise.backfill where state = 'running') as has_backfills
