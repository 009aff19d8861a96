-- Lets a schedule fire again, from an instant yet to come. $1 workflow, $2 id, $3 its next instant, $4 when that is due.
update reprise.schedule set paused_at = null, paused_by = null, pause_reason = null, next_instant = reprise.at_ms($3),
  due_at = reprise.at_ms($4)
where workflow = $1 and id = $2
