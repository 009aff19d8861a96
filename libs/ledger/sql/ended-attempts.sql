-- Attempts of a run that are kept and have ended since an instant. $1 run, $2 epoch milliseconds, $3 how many.
select node, at, attempt, fence, outcome, executor, reprise.ms(queued_at) as queued_at, reprise.ms(started_at) as started_at,
  reprise.ms(ended_at) as ended_at, error, why, verdict
from reprise.attempt
where run_id = $1 and ended_at >= reprise.at_ms($2)
order by ended_at desc
limit $3
