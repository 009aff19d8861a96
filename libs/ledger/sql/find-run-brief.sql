-- What must be known of a run to find its tasks or to command it. $1 id.
select id, workflow_id as version_id, status, scope from reprise.run where id = $1
