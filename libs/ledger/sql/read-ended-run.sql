-- How a run stands, for a caller who waited for it. $1 id.
select id, workflow, status, output, error from reprise.run where id = $1
