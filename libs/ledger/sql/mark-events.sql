-- What waits have made of events. One array a column, one element an event: runs, numbers, nodes, ats, fences, taken.
insert into reprise.seen_event (run_id, number, node, at, fence, taken)
select run_id, number, node, at, fence, taken
from unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::bool[]) as d (run_id, number, node, at, fence, taken)
on conflict (run_id, number, node, at) do update set fence = excluded.fence, taken = excluded.taken
