-- Notes that people are reminded; one array a column, one element a reminder: runs, nodes, ats, fences, its number, epoch milliseconds.
insert into reprise.approval_event (approval_id, kind, number, at)
select a.id, 'reminded', d.number, reprise.at_ms(d.now)
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::int[], $6::float8[]) as d (run_id, node, at, fence, number, now)
join reprise.approval as a on a.run_id = d.run_id and a.node = d.node and a.at = d.at and a.fence = d.fence
where a.state = 'open'
on conflict do nothing
