-- Waits that have ended. $1 runs, $2 nodes, $3 ats.
delete from reprise.subscription as s
using unnest($1::uuid[], $2::int[], $3::text[]) as d (run_id, node, at)
where s.run_id = d.run_id and s.node = d.node and s.at = d.at
