-- The waits of a run. $1 run.
select version, node, at, fence, pattern from reprise.subscription where run_id = $1
