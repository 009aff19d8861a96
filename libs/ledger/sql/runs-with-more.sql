-- Runs of a range of ids of which there are rows beside the partitioned tables. $1 ids from, $2 ids below, $3 how many rows of each kind.
select distinct run_id as id
from (
  (select run_id from reprise.command where run_id >= $1::uuid and run_id < $2::uuid order by run_id limit $3)
  union all
  (select run_id from reprise.approval where run_id >= $1::uuid and run_id < $2::uuid order by run_id limit $3)
  union all
  (select run_id from reprise.kept_event where run_id is not null and run_id >= $1::uuid and run_id < $2::uuid order by run_id limit $3)
  union all
  (select run_id from reprise.seen_event where run_id >= $1::uuid and run_id < $2::uuid order by run_id limit $3)
  union all
  (select run_id from reprise.notice where run_id >= $1::uuid and run_id < $2::uuid order by run_id limit $3)
) as m
