-- What the figures of the whole installation are read from, however many runs have ended.

-- Attempts that wait for an executor, oldest first, among those that executors have at this moment; behind them those that wait for a time.
-- Neither a claim nor a renewal changes any of these columns: their updates stay HOT.
create index task_waiting on reprise.task (queue, (case when due_at is null then 0 else 1 end), queued_at)
  where watch_at is not null and queue is not null;

-- When a run of the workflow last succeeded, to the second: written with the end of the run, but not again within a second, or all runs
-- of a workflow would wait for one row.
create table reprise.workflow_success (
  workflow text primary key,
  succeeded_at timestamptz not null
);
-- From the newest runs of each workflow only: looking at all of them would keep everybody waiting.
insert into reprise.workflow_success (workflow, succeeded_at)
select n.name, max(r.ended_at)
from reprise.workflow_name as n
cross join lateral (select status, ended_at from reprise.run where workflow = n.name order by id desc limit 100) as r
where r.status = 'succeeded'
group by n.name;
