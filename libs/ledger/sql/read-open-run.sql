-- How a run stands, for a caller who has waited for its end in vain. $1 id.
select id, workflow, status, output, error from reprise.run where id = $1
