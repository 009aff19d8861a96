-- What stands against taking a run up again. `awaited`: it has no parent, or the task of it that waits for this run still does. $1 run.
select r.status, r.parent_id, coalesce((r.progress ->> 'compensated')::boolean, false) as compensated,
  r.parent_id is null or exists (
    select from reprise.task as t
    where t.run_id = r.parent_id and t.node = (r.origin #>> '{parent,node}')::int and t.at = r.origin #>> '{parent,at}'
      and t.fence = (r.origin #>> '{parent,fence}')::bigint and t.status = 'waiting'
  ) as awaited
from reprise.run as r
where r.id = $1
