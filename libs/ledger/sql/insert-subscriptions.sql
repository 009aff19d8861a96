-- Waits that begin. One array a column, one element a wait; sorted by run, node and at.
insert into reprise.subscription (run_id, node, at, fence, version, workflow, interest, key, pattern, since)
select run_id, node, at, fence, version, workflow, interest, key, pattern, reprise.at_ms(since)
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::float8[])
  as d (run_id, node, at, fence, version, workflow, interest, key, pattern, since)
on conflict (run_id, node, at) do update set
  fence = excluded.fence, version = excluded.version, workflow = excluded.workflow, interest = excluded.interest, key = excluded.key,
  pattern = excluded.pattern, since = excluded.since
