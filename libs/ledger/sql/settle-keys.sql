-- Ended tasks with a business key: a success is kept for whoever comes next, anything else frees the key for the next owner.
-- $1 calls, $2 keys, $3 runs, $4 nodes, $5 ats, $6 succeeded, $7 results, $8 retentions in milliseconds.
with ended as (
  select * from unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::bool[], $7::json[], $8::float8[])
    as d (name, key, run_id, node, at, succeeded, result, retention)
  order by name, key
), freed as (
  delete from reprise.idempotency as i using ended as d
  where i.scope = 'call' and i.name = d.name and i.key = d.key and not d.succeeded and i.state = 'open'
    and i.run_id = d.run_id and i.node = d.node and i.at = d.at
)
update reprise.idempotency as i
set state = 'succeeded', result = d.result, expires_at = now() + d.retention * interval '1 millisecond'
from ended as d
where i.scope = 'call' and i.name = d.name and i.key = d.key and d.succeeded and i.state = 'open'
  and i.run_id = d.run_id and i.node = d.node and i.at = d.at
