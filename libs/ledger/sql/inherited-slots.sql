-- Those child runs above which somebody holds a place of the very key they would need: waiting for it they would wait for themselves.
-- $1 runs to be started, $2 their parents, $3 workflows, $4 keys.
with recursive above as (
  select d.run_id, d.parent_id, d.workflow, d.key from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as d (run_id, parent_id, workflow, key)
  union all
  select a.run_id, r.parent_id, a.workflow, a.key
  from above as a cross join lateral (select parent_id from reprise.run where id = a.parent_id offset 0) as r
  where r.parent_id is not null
)
select distinct a.run_id
from above as a
where exists (
  select from reprise.slot as s where s.run_id = a.parent_id and s.workflow = a.workflow and s.key = a.key and s.state = 'held'
)
