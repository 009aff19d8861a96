-- How far a step has come. $1 id, $2 done, $3 skipped, $4 failed, $5 the ids that are still to come are below it, $6 pause until the next step
-- (ms), $7 whether it was the last.
update reprise.batch
set done = $2, skipped = $3, failed = $4, below = $5, next_at = now() + $6::float8 * interval '1 millisecond',
  state = case when $7::bool then 'done' else state end, ended_at = case when $7::bool then now() end
where id = $1
