-- One thing asked of many runs. $1 ids, $2 runs, $3 kind, $4 payload, $5 who.
insert into reprise.command (id, run_id, kind, payload, asked_by)
select id, run_id, $3, $4, $5 from unnest($1::uuid[], $2::uuid[]) as d (id, run_id)
