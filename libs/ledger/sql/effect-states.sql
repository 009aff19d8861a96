-- What is recorded of these effects of a task instance. $1 run, $2 node, $3 at, $4 names.
select name, state from reprise.effect where run_id = $1 and node = $2 and at = $3 and name = any($4::text[])
