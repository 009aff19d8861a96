-- Stops a backfill: its open runs go on. No row: it has ended. $1 id.
update reprise.backfill set state = 'cancelled', ended_at = now() where id = $1 and state = 'running' returning id
