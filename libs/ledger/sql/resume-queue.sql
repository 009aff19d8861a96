-- Executors take attempts from a task queue again. No row: it is not paused. $1 queue, $2 who.
update reprise.queue_pause set resumed_at = now(), resumed_by = $2 where queue = $1 and resumed_at is null returning queue
