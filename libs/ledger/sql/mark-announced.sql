-- The end of these runs has been told, and confirmed. $1 ids.
update reprise.run set announced = true, watch_at = null
where id = any($1::uuid[]) and ended_at is not null and not announced
