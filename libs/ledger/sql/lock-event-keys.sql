-- Events and waits of one key exclude each other until they are committed, so that each side sees what the other has written: a wait alone,
-- events together. All keys of a transaction at once and in order, so that nobody deadlocks. $1 interests, $2 keys, $3 whether alone.
select case when alone then pg_advisory_xact_lock(1163284301, bucket) else pg_advisory_xact_lock_shared(1163284301, bucket) end
from (
  select (hashtextextended(interest::text || ' ' || key, 0) & 1023)::int as bucket, bool_or(alone) as alone
  from unnest($1::uuid[], $2::text[], $3::bool[]) as d (interest, key, alone)
  group by 1
  order by 1
  offset 0
) as b
