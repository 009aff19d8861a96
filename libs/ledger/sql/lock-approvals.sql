-- What people were asked last about these tasks, held until the transaction ends, so that nobody decides meanwhile. In key order.
-- One array a column, one element a task: runs, nodes, ats.
select a.id, a.run_id, a.node, a.at, a.state
from unnest($1::uuid[], $2::int[], $3::text[]) as d (run_id, node, at)
join reprise.approval as a on a.run_id = d.run_id and a.node = d.node and a.at = d.at
where a.fence = (select max(b.fence) from reprise.approval as b where b.run_id = d.run_id and b.node = d.node and b.at = d.at)
order by a.run_id, a.node, a.at
for update of a
