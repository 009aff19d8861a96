-- Writes task rows, new ones and locked ones alike; one array a column, one element a row.
-- What a row once has of input, secrets and output stays: it is handed in only when it is new.
-- An ended row is written in a run that was taken up again, and then begins anew: what it had comes from what was different then.
-- Only a list keeps its input, which is not handed in.
insert into reprise.task as t (run_id, node, at, status, attempt, fence, claim, executor, queue, created_at, queued_at, started_at, ended_at,
  lease_until, due_at, watch_at, queue_until, total_until, parked_at, cancelling, input, secrets, output, error, why, memory, progress,
  idempotency_key, recorded, guard)
select run_id, node, at, status, attempt, fence, claim, executor, queue, reprise.at_ms(created_at), reprise.at_ms(queued_at),
  reprise.at_ms(started_at), reprise.at_ms(ended_at), reprise.at_ms(lease_until), reprise.at_ms(due_at), reprise.at_ms(watch_at),
  reprise.at_ms(queue_until), reprise.at_ms(total_until), case when status = 'parked' then now() end, cancelling, input, secrets, output,
  error, why, memory, progress, idempotency_key, recorded, guard
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::uuid[], $8::text[], $9::text[], $10::float8[],
  $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::float8[], $16::float8[], $17::float8[], $18::float8[], $19::bool[],
  $20::json[], $21::json[], $22::json[], $23::json[], $24::json[], $25::json[], $26::json[], $27::text[], $28::json[], $29::text[])
  as d (run_id, node, at, status, attempt, fence, claim, executor, queue, created_at, queued_at, started_at, ended_at, lease_until, due_at,
    watch_at, queue_until, total_until, cancelling, input, secrets, output, error, why, memory, progress, idempotency_key, recorded, guard)
on conflict (run_id, node, at) do update set
  status = excluded.status, attempt = excluded.attempt, fence = excluded.fence, claim = excluded.claim, executor = excluded.executor,
  queued_at = excluded.queued_at, started_at = excluded.started_at, ended_at = excluded.ended_at, lease_until = excluded.lease_until,
  due_at = excluded.due_at, watch_at = excluded.watch_at, queue_until = excluded.queue_until, total_until = excluded.total_until,
  parked_at = excluded.parked_at, cancelling = excluded.cancelling, queue = excluded.queue,
  input = case when t.ended_at is null then coalesce(t.input, excluded.input) else coalesce(excluded.input, t.input) end,
  secrets = case when t.ended_at is null or excluded.input is null then coalesce(t.secrets, excluded.secrets) else excluded.secrets end,
  output = case when t.ended_at is null then coalesce(excluded.output, t.output) else excluded.output end,
  idempotency_key = case when t.ended_at is null then t.idempotency_key else excluded.idempotency_key end, error = excluded.error, why = excluded.why,
  memory = excluded.memory, progress = excluded.progress, recorded = excluded.recorded,
  guard = excluded.guard
