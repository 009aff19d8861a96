-- Ended attempts worth keeping; one array a column, one element an attempt.
insert into reprise.attempt (run_id, node, at, attempt, fence, outcome, executor, queued_at, started_at, ended_at, error, why, verdict)
select run_id, node, at, attempt, fence, outcome, executor, reprise.at_ms(queued_at), reprise.at_ms(started_at), reprise.at_ms(ended_at),
  error, why, verdict
from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::float8[], $9::float8[], $10::float8[],
  $11::json[], $12::json[], $13::json[])
  as d (run_id, node, at, attempt, fence, outcome, executor, queued_at, started_at, ended_at, error, why, verdict)
on conflict do nothing
