-- Stops a schedule from firing. No row: it is paused already. $1 workflow, $2 id, $3 who, $4 why.
update reprise.schedule set paused_at = now(), paused_by = $3, pause_reason = $4
where workflow = $1 and id = $2 and paused_at is null
returning id
