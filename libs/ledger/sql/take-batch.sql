-- A batch with a step to take, locked until the transaction ends; one that somebody else is at work on is left to them. $1 its actions.
select id, action, filter, rate, done, skipped, failed, below, reason, asked_by as "askedBy", reprise.ms(created_at) as "createdAt"
from reprise.batch
where state = 'running' and next_at <= now() and action = any($1::text[])
order by next_at
limit 1
for update skip locked
