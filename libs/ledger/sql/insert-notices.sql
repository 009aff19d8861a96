-- Tells instances of runs (node -1: the run itself) to be looked at. One array a column, one element a notice.
insert into reprise.notice (run_id, version, node, at, fence)
select run_id, version, node, at, fence
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[]) as d (run_id, version, node, at, fence)
