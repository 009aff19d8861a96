-- Tasks that wait for a decision, by workflow, the oldest first. In the order of their index and a portion at a time: of many at once a planner
-- without statistics believes that reading the whole table is cheaper. $1 tasks of a portion, $2 portions at most.
with recursive portion as (
  select 0 as number, '{}'::uuid[] as runs, '-infinity'::timestamptz as last
  union all
  select portion.number + 1, next.runs, next.last
  from portion
  cross join lateral (
    select array_agg(run_id) as runs, max(parked_at) as last
    from (
      select run_id, parked_at from reprise.task where parked_at > portion.last order by parked_at fetch first ($1) rows with ties
    ) as parked
  ) as next
  where portion.number < $2 and next.last is not null
)
select r.workflow, sum(t.tasks)::float8 as tasks
from (select run_id, count(*) as tasks from portion cross join unnest(runs) as run_id group by run_id) as t
cross join lateral (select workflow from reprise.run where id = t.run_id offset 0) as r
group by r.workflow
order by r.workflow
