-- Places that are held or waited for from now on. Who waits keeps his turn. One array a column, one element a place.
insert into reprise.place as p (call, run_id, version, node, at, fence, state, most)
select call, run_id, version, node, at, fence, state, most
from unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::bigint[], $7::text[], $8::int[])
  as d (call, run_id, version, node, at, fence, state, most)
on conflict (run_id, node, at) do update set call = excluded.call, fence = excluded.fence, most = excluded.most,
  state = case when p.state = 'held' and p.call = excluded.call then 'held' else excluded.state end
