-- Takes no further step. What was asked of runs already stays asked. $1 id.
update reprise.batch set state = 'cancelled', ended_at = now() where id = $1 and state = 'running' returning id
