-- Those of these runs that may be deleted, locked: who would take one up again waits, and finds it gone. Kept are those that ended too late, whose end is not
-- told or not acted on, whose parent is there, and what waits for a person: a parked task, an effect in doubt that was not to fail and
-- whose task no person has resolved: one that did so has succeeded in spite of it, or failed as RESOLVED.
-- Each condition is looked up by the run's key (OFFSET 0 keeps it so). $1 ids, $2 ended before (epoch ms).
select r.id
from reprise.run as r
where r.id = any($1::uuid[]) and r.ended_at < to_timestamp($2::float8 / 1000) and r.announced
  and (r.parent_id is null or (select true from reprise.run as p where p.id = r.parent_id offset 0) is null)
  and (select true from reprise.completion as c where c.run_id = r.id limit 1 offset 0) is null
  and (select true from reprise.task as t where t.run_id = r.id and t.parked_at is not null limit 1 offset 0) is null
  and (
    select true from reprise.effect as e
    where e.run_id = r.id and e.state in ('intended', 'in_doubt') and e.policy <> 'fail'
      and not exists (
        select from reprise.task as t
        where t.run_id = e.run_id and t.node = e.node and t.at = e.at and (t.status = 'succeeded' or t.error ->> 'code' = 'RESOLVED')
      )
    limit 1 offset 0
  ) is null
order by r.id
for update of r skip locked
