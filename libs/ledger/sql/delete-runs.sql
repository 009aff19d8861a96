-- Deletes locked runs with everything that is theirs. What others may still ask for is not: business keys and events have rows, and results,
-- of their own. $1 ids; given as constants, so that only the partitions that hold them are planned for.
with tasks as (delete from reprise.task where run_id = any($1::uuid[])),
  attempts as (delete from reprise.attempt where run_id = any($1::uuid[])),
  effects as (delete from reprise.effect where run_id = any($1::uuid[])),
  logs as (delete from reprise.attempt_log where run_id = any($1::uuid[])),
  commands as (delete from reprise.command where run_id = any($1::uuid[])),
  approvals as (delete from reprise.approval where run_id = any($1::uuid[])),
  sent as (delete from reprise.kept_event where run_id = any($1::uuid[])),
  seen as (delete from reprise.seen_event where run_id = any($1::uuid[])),
  notices as (delete from reprise.notice where run_id = any($1::uuid[]))
delete from reprise.run where id = any($1::uuid[])
