-- A task's output. $1 run, $2 node, $3 at.
select output as text from reprise.task where run_id = $1 and node = $2 and at = $3
