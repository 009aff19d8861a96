-- One approval. $1 its id.
select id, run_id, workflow, path, subject, assignees, form, requester, four_eyes, required, state, decision, decided_by,
  reprise.ms(created_at) as created_at, reprise.ms(expires_at) as expires_at, reprise.ms(ended_at) as ended_at
from reprise.approval
where id = $1
