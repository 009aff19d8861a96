-- Places taken and waited for, in the order given: their numbers follow it. One array a column, one element a run.
insert into reprise.slot (workflow, key, run_id, version, state, most)
select workflow, key, run_id, version, state, most
from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::int[])
  with ordinality as d (workflow, key, run_id, version, state, most, place)
order by place
on conflict (run_id) do nothing
