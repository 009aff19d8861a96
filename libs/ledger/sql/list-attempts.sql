-- Ended attempts of one task, oldest first. $1 run, $2 node, $3 at, $4 fences above, $5 how many.
select node, at, fence, attempt, outcome, executor, error, why, verdict,
  reprise.ms(queued_at) as queued_at, reprise.ms(started_at) as started_at, reprise.ms(ended_at) as ended_at
from reprise.attempt
where run_id = $1 and node = $2 and at = $3 and fence > $4
order by fence
limit $5
