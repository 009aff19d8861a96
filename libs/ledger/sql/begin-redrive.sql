-- Decides that an open dead letter is sent again. No row: it is not open. $1 id, $2 who asks, $3 milliseconds until it is looked at.
update reprise.dead_letter
set state = 'redriving', asked_by = $2, asked_at = now(), last_error = null, look_at = now() + $3::float8 * interval '1 millisecond'
where id = $1 and state = 'open'
returning id, queue, reason, state, body, properties, reprise.ms(received_at) as "receivedAt", redrive_of as "redriveOf", redrives,
  asked_by as "askedBy", reprise.ms(asked_at) as "askedAt", discard_reason as "discardReason", last_error as "lastError",
  reprise.ms(settled_at) as "settledAt"
