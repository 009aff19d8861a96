-- Runs, as somebody sees them who wants to have them again. $1 ids.
select r.id, r.workflow_id as version, r.workflow, r.status, r.scope, r.closing, r.input, r.labels, r.origin,
  coalesce((r.progress ->> 'compensated')::boolean, false) as compensated
from unnest($1::uuid[]) as d (id)
cross join lateral (select * from reprise.run where id = d.id offset 0) as r
