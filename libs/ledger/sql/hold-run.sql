-- Holds a run's row until the end of the transaction: its scheduler waits meanwhile. `sent`: how many events it was sent. $1 run.
select r.status, (select count(*)::int from reprise.kept_event as e where e.run_id = r.id) as sent
from reprise.run as r
where r.id = $1
for update
