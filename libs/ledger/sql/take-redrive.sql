-- A redrive that is not known to have arrived, taken so that no other monitor sends it at the same time. $1 milliseconds until it is
-- looked at again.
update reprise.dead_letter set look_at = now() + $1::float8 * interval '1 millisecond'
where id = (
  select id from reprise.dead_letter where look_at <= now() order by look_at limit 1 for update skip locked
)
returning id, queue, reason, state, body, properties, reprise.ms(received_at) as "receivedAt", redrive_of as "redriveOf", redrives,
  asked_by as "askedBy", reprise.ms(asked_at) as "askedAt", discard_reason as "discardReason", last_error as "lastError",
  reprise.ms(settled_at) as "settledAt"
