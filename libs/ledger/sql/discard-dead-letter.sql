-- Settles an open dead letter without sending it. No row: it is not open. $1 id, $2 who, $3 why.
update reprise.dead_letter
set state = 'discarded', asked_by = $2, asked_at = now(), discard_reason = $3, settled_at = now()
where id = $1 and state = 'open'
returning id
