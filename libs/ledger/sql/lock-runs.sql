-- Locks the runs of a batch in key order, so that two schedulers cannot deadlock. $1 ids.
-- Small inputs come along; a large one is fetched when an expression names it.
-- `now` is read outside of what locks: beside it, it would be the time before the wait, and a retry counted from it would come too early.
select id, workflow_id as version, status, scope, closing, scope_error, error, labels, origin, progress,
  case when pg_column_size(input) <= 2048 then input end as input,
  reprise.ms(created_at) as created_at, reprise.ms(started_at) as started_at, reprise.ms(due_at) as due_at,
  reprise.ms(watch_at) as watch_at, reprise.ms(ended_at) as ended_at, reprise.ms(clock_timestamp()) as now
from (select * from reprise.run where id = any($1::uuid[]) order by id for update offset 0) as r
