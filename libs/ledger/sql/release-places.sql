-- These neither hold a place nor wait for one any more. $1 runs, $2 nodes, $3 ats. Returns the calls of which some were held.
delete from reprise.place as p
using unnest($1::uuid[], $2::int[], $3::text[]) as d (run_id, node, at)
where p.run_id = d.run_id and p.node = d.node and p.at = d.at
returning p.call, p.state
