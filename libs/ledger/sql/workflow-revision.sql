-- Changes whenever a workflow is registered or archived, or another kind of event is waited for.
select count(*)::float8 as names, coalesce(max(reprise.ms(greatest(w.created_at, n.archived_at))), 0) as newest,
  coalesce(sum(hashtext(n.current::text)::float8), 0) as mix, count(n.archived_at)::float8 as archived,
  (select count(*)::float8 from reprise.interest) as interests
from reprise.workflow_name as n join reprise.workflow as w on w.id = n.current
