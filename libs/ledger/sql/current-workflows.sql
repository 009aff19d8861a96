-- The current version of every workflow that is not archived.
select w.id, w.name, w.number, w.version, w.hash, w.document, reprise.ms(w.created_at) as created_at
from reprise.workflow_name as n join reprise.workflow as w on w.id = n.current
where n.archived_at is null
