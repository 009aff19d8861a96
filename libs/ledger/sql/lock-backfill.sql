-- A running backfill, locked until the transaction ends, unless another trigger has it. $1 id.
select id, workflow, schedule, version, trigger, reprise.ms(to_at) as "to", parallel, every_ms as "everyMs", rerun,
  reprise.ms(next_instant) as "nextInstant", reprise.ms(next_start_at) as "nextStartAt", open_runs as "openRuns", asked_by as "askedBy", reprise.ms(clock_timestamp()) as now
from reprise.backfill where id = $1 and state = 'running'
for update skip locked
