-- What was undone answers nobody: the business keys of these tasks are free again, whichever task of the run had them; but not of those
-- that another one has answered and that are left to it. Of a group all instances in it are meant: those whose `at` goes on from its own.
-- $1 runs, $2 nodes of calls, $3 at of what was undone, $4 names of the calls.
with undone as (
  select d.name, t.idempotency_key as key, t.run_id
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[]) as d (run_id, node, at, name)
  cross join lateral (
    select run_id, idempotency_key from reprise.task
    where run_id = d.run_id and node = d.node and (at = d.at or d.at = '' or starts_with(at, d.at || '.')) and idempotency_key is not null
      and why ->> 'reason' is distinct from 'answered'
    offset 0
  ) as t
  order by 1, 2
)
delete from reprise.idempotency as i using undone as u
where i.scope = 'call' and i.name = u.name and i.key = u.key and i.run_id = u.run_id
