-- Batches, newest first. $1 how many, $2 ids below, $3 the one with this id.
select id, action, filter, rate, state, matched, done, skipped, failed, reason, asked_by as "askedBy",
  reprise.ms(created_at) as "createdAt", reprise.ms(ended_at) as "endedAt"
from reprise.batch
where ($2::uuid is null or id < $2) and ($3::uuid is null or id = $3)
order by id desc
limit $1
