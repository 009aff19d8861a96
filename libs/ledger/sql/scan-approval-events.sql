-- What people have yet to be told of approvals, oldest first: each is handed to one teller only, and again in 5 s unless it is marked as
-- told. $1 how many.
with due as (
  select approval_id, kind, number
  from reprise.approval_event
  where look_at <= now()
  order by look_at
  limit $1
  for update skip locked
), armed as (
  update reprise.approval_event as e set look_at = now() + interval '5 seconds'
  from due where e.approval_id = due.approval_id and e.kind = due.kind and e.number = due.number
  returning e.approval_id, e.kind, e.number, e.at, e.detail
)
select a.id, a.run_id, a.workflow, a.path, a.subject, a.assignees, a.requester, a.required, a.form, armed.kind, armed.number, armed.detail,
  reprise.ms(armed.at) as at, reprise.ms(a.expires_at) as expires_at
from armed join reprise.approval as a on a.id = armed.approval_id
order by armed.at, a.id
