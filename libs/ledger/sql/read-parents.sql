-- Tasks that wait for a child run, and the runs they belong to: all that never changes of them. $1 runs, $2 nodes, $3 ats.
select t.run_id, t.node, t.at, t.status, t.fence, t.input, t.progress ->> 'run' as child, r.origin, r.workflow_id as version,
  coalesce((r.progress ->> 'reopened')::int, 0) as reopened
from unnest($1::uuid[], $2::int[], $3::text[]) as k (run_id, node, at)
cross join lateral (select * from reprise.task where run_id = k.run_id and node = k.node and at = k.at offset 0) as t
cross join lateral (select origin, progress, workflow_id from reprise.run where id = k.run_id offset 0) as r
