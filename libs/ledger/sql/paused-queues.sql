-- Task queues that are paused, since when, by whom and why; of these (null: of all). $1 queues.
select queue, reprise.ms(paused_at) as "pausedAt", paused_by as "pausedBy", reason
from reprise.queue_pause
where resumed_at is null and ($1::text[] is null or queue = any($1))
order by queue
