-- Trigger events and those that came again, newest first; what came again stands where it did so first. $1 how many, $2 numbers below, $3 type,
-- $4 outcome.
select number, source, id, type, subject, outcome, results, reason, fingerprint, count, reprise.ms(received_at) as received_at,
  reprise.ms(last_at) as last_at
from (
  (
    select number, source, id, type, subject, outcome, results, null as reason, null as fingerprint, 1::bigint as count,
      received_at, received_at as last_at
    from reprise.trigger_event
    where ($2::bigint is null or number < $2) and ($3::text is null or type = $3) and ($4::text is null or outcome = $4)
    order by number desc
    limit $1
  )
  union all
  (
    select number, source, id, type, subject, outcome, null::json, reason, fingerprint, count, received_at, last_at
    from reprise.repeated_event
    where ($2::bigint is null or number < $2) and ($3::text is null or type = $3) and ($4::text is null or outcome = $4)
    order by number desc
    limit $1
  )
) as e
order by number desc
limit $1
