-- Under which concurrency key runs hold a place, or held one. $1 runs.
select id, workflow, workflow_id as version, slot_key as key from reprise.run where id = any($1::uuid[]) and slot_key is not null
