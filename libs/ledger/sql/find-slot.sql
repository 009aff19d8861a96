-- Whether a run holds its place. $1 run.
select state from reprise.slot where run_id = $1
