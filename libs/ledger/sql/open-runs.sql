-- Which of these runs have not ended. $1 runs.
select id, workflow_id as version from reprise.run where id = any ($1::uuid[]) and ended_at is null
