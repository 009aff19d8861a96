-- These have waited long enough. $1 runs.
update reprise.slot set state = 'held' where run_id = any($1::uuid[])
