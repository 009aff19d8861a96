-- Trigger events, newest first. $1 how many, $2 numbers below, $3 type, $4 outcome.
select number, source, id, type, subject, outcome, results, reprise.ms(received_at) as received_at
from reprise.trigger_event
where ($2::bigint is null or number < $2) and ($3::text is null or type = $3) and ($4::text is null or outcome = $4)
order by number desc
limit $1
