-- When a run of each workflow last succeeded; not of those that are archived. $1 how many workflows.
select s.workflow, extract(epoch from s.succeeded_at)::float8 as succeeded_at
from reprise.workflow_success as s
where not exists (select from reprise.workflow_name where name = s.workflow and archived_at is not null)
order by s.workflow
limit $1
