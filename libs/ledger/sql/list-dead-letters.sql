-- Dead letters in a state, newest first. $1 the state (null: any), $2 ids below, $3 the one with this id, $4 how many.
select id, queue, reason, state, body, properties, reprise.ms(received_at) as "receivedAt", redrive_of as "redriveOf", redrives,
  asked_by as "askedBy", reprise.ms(asked_at) as "askedAt", discard_reason as "discardReason", last_error as "lastError",
  reprise.ms(settled_at) as "settledAt"
from reprise.dead_letter
where ($1::text is null or state = $1) and ($2::uuid is null or id < $2) and ($3::uuid is null or id = $3)
order by id desc
limit $4
