-- Asks for runs of past instants. $1 id, $2 workflow, $3 schedule, $4 version, $5 trigger, $6 from, $7 to, $8 parallel,
-- $9 milliseconds between starts, $10 whether instants that have a run get another, $11 how many instants, $12 the first of them, $13 who.
insert into reprise.backfill (id, workflow, schedule, version, trigger, from_at, to_at, parallel, every_ms, rerun, total, next_instant,
  asked_by, state, ended_at)
values ($1, $2, $3, $4, $5, reprise.at_ms($6), reprise.at_ms($7), $8, $9, $10, $11::int, reprise.at_ms($12), $13,
  case when $11::int = 0 then 'done' else 'running' end, case when $11::int = 0 then now() end)
