-- An event for one run alone; one that was sent before is not returned. $1 run, $2 type, $3 source, $4 id, $5 body, $6 size.
insert into reprise.kept_event (run_id, type, source, id, body, size)
values ($1, $2, $3, $4, $5, $6)
on conflict (run_id, source, id) where run_id is not null do nothing
returning number
