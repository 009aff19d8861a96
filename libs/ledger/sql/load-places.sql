-- Who holds a place, and what this run holds and waits for. $1 calls, $2 the run.
select call, run_id, node, at, state from reprise.place
where call = any($1::text[]) and (state = 'held' or run_id = $2)
