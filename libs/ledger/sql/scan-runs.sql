-- Runs whose time to be looked at has come: timed out, ended but not announced, or with a command whose message was lost. $1 how many.
with due as (
  select id, workflow_id, ended_at from reprise.run where watch_at <= now() order by watch_at limit $1 for update skip locked
), armed as (
  update reprise.run as r set watch_at = now() + interval '10 seconds' from due where r.id = due.id
)
select id as run_id, workflow_id as version, case when ended_at is null then 'overdue' else 'unannounced' end as reason from due
union
select c.run_id, r.workflow_id, 'command'
from (
  select run_id from reprise.command
  where applied_at is null and created_at < now() - interval '5 seconds' order by created_at limit $1
) as c
cross join lateral (select workflow_id from reprise.run where id = c.run_id offset 0) as r
