-- One schedule, locked until the transaction ends. $1 workflow, $2 id.
select s.workflow, s.id, s.version, s.trigger, reprise.ms(s.next_instant) as next_instant, reprise.ms(s.due_at) as due_at,
  reprise.ms(s.previous) as previous, s.pending, s.open_runs, reprise.ms(s.paused_at) as paused_at, reprise.ms(clock_timestamp()) as now
from reprise.schedule as s where s.workflow = $1 and s.id = $2
for update of s
