-- The run that has started another, as far as it says what can be done about that one. `waits`: its task still does. $1 that run; the task
-- that waits: $2 node, $3 at, $4 fence.
select p.id, p.status, p.parent_id is not null as is_child, coalesce((p.progress ->> 'compensated')::boolean, false) as compensated,
  exists (
    select from reprise.task as t
    where t.run_id = p.id and t.node = $2::int and t.at = $3 and t.fence = $4::bigint and t.status = 'waiting'
  ) as waits
from reprise.run as p
where p.id = $1
