-- What an operator asks of a run. $1 id, $2 run, $3 kind, $4 payload, $5 who.
insert into reprise.command (id, run_id, kind, payload, asked_by) values ($1, $2, $3, $4, $5)
