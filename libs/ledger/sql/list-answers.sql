-- What people have said to these approvals, oldest first. $1 approvals.
select approval_id, answered_by, decision, form, comment, reprise.ms(answered_at) as answered_at
from reprise.approval_answer
where approval_id = any ($1::uuid[])
order by answered_at, answered_by
