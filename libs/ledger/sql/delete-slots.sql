-- Gives up places, and waits for places. $1 runs.
delete from reprise.slot where run_id = any($1::uuid[])
