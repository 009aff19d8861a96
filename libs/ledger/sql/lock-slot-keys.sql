-- Locks concurrency keys until the transaction ends, each once and in one order. Taken after the locks of runs. $1 workflows, $2 keys.
select pg_advisory_xact_lock(hash)
from (
  select distinct hashtextextended('reprise.slot/' || workflow || '/' || key, 0) as hash
  from unnest($1::text[], $2::text[]) as d (workflow, key)
  order by hash
  offset 0
) as h
