-- Ends that runs may follow from, oldest first; each is one trigger's to act on. $1 how many, $2 of this run alone. By where the rows lie, which
-- the locks keep as it is: joined by their key, a planner that believes in one row asks again for each, and takes what is left.
-- The input of a probe is small, and says when it was fired; that of another run nobody asks for.
with taken as (
  delete from reprise.completion where ctid = any(array(
    select ctid from reprise.completion where $2::uuid is null or run_id = $2 order by ended_at limit $1 for update skip locked
  )) returning run_id, status, workflow, ended_at
)
select t.run_id as id, t.status, t.workflow, reprise.ms(t.ended_at) as ended_at, r.output, r.error, r.labels, r.origin,
  r.workflow_id as version, case when r.trigger = 'probe' then r.input end as input
from taken as t left join reprise.run as r on r.id = t.run_id
order by t.ended_at
