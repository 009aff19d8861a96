-- Approvals, newest first. $1 how many, $2 ids below, $3 state, $4 somebody who may decide, $5 workflow, $6 run.
select id, run_id, workflow, path, subject, assignees, form, requester, four_eyes, required, state, decision, decided_by,
  reprise.ms(created_at) as created_at, reprise.ms(expires_at) as expires_at, reprise.ms(ended_at) as ended_at
from reprise.approval
where ($2::uuid is null or id < $2) and ($3::text is null or state = $3)
  and ($4::text is null or $4 = any (assignees) or cardinality(assignees) = 0)
  and ($5::text is null or workflow = $5) and ($6::uuid is null or run_id = $6)
order by id desc
limit $1
