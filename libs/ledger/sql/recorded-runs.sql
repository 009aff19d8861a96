-- Runs of a workflow, newest first. $1 workflow, $2 ids below (null: from the newest), $3 ids from, $4 created from (epoch ms),
-- $5 only this version (null: any), $6 how many.
select id, workflow_id as version_id, reprise.ms(created_at) as created_at, reprise.ms(due_at) as due_at
from reprise.run
where workflow = $1 and ($2::uuid is null or id < $2) and id >= $3::uuid and created_at >= to_timestamp($4::float8 / 1000)
  and ($5::uuid is null or workflow_id = $5)
order by id desc
limit $6
