-- What these instances are told by now is about to be looked at; what comes later stays. A look under an old fence hears nothing of a newer one.
-- One array a column, one element an instance: runs, nodes, ats, fences.
delete from reprise.notice as n
using unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[]) as d (run_id, node, at, fence)
where n.run_id = d.run_id and n.node = d.node and n.at = d.at and n.fence <= d.fence
