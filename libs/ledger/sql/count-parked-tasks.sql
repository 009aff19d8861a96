-- Tasks that wait for a decision, by workflow. $1 how many are counted at most.
select r.workflow, count(*)::float8 as tasks
from (select run_id from reprise.task where parked_at is not null limit $1) as t
cross join lateral (select workflow from reprise.run where id = t.run_id offset 0) as r
group by r.workflow
