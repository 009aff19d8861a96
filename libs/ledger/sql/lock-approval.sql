-- One approval, held until the transaction ends: of two answers the second sees what the first has done. $1 approval.
select id, run_id, node, at, fence, version, assignees, form, requester, four_eyes, required, state, decision, decided_by,
  reprise.ms(ended_at) as ended_at
from reprise.approval
where id = $1
for update
