-- Executors take nothing more from a task queue. No row: it is paused already. $1 queue, $2 who, $3 why.
insert into reprise.queue_pause as p (queue, paused_by, reason) values ($1, $2, $3)
on conflict (queue) do update set paused_at = now(), paused_by = excluded.paused_by, reason = excluded.reason, resumed_at = null, resumed_by = null
where p.resumed_at is not null
returning queue
