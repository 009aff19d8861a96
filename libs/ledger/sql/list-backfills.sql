-- Backfills of a schedule, newest first. $1 workflow, $2 schedule, $3 the one with this id, $4 how many, $5 asked for before this one.
select b.id, b.workflow, b.schedule, reprise.ms(b.from_at) as "from", reprise.ms(b.to_at) as "to", b.parallel, b.every_ms as "everyMs", b.rerun, b.state,
  b.total, reprise.ms(b.next_instant) as "nextInstant", b.started, b.existing, b.unmatched, b.rejected, b.asked_by as "askedBy",
  (select count(*)::int from reprise.run where id = any (b.open_runs) and ended_at is null) as "openRuns",
  reprise.ms(b.created_at) as "createdAt", reprise.ms(b.ended_at) as "endedAt"
from reprise.backfill as b
where b.workflow = $1 and b.schedule = $2 and ($3::uuid is null or b.id = $3) and ($5::uuid is null or b.id < $5)
order by b.id desc
limit $4
