-- Commands of these runs that nobody has carried out yet, oldest first. $1 runs.
select id, run_id, kind, payload, asked_by
from reprise.command
where run_id = any($1::uuid[]) and applied_at is null
order by created_at, id
for update skip locked
