-- Runs of a range of ids that ended before a time, in the order they ended. $1 ids from, $2 ids below, $3 ended before (epoch ms), $4 after
-- this end (as text) and $5 this id, $6 how many.
select id, ended_at::text as ended
from reprise.run
where id >= $1::uuid and id < $2::uuid and ended_at < to_timestamp($3::float8 / 1000)
  and (ended_at, id) > ($4::timestamptz, $5::uuid)
order by ended_at, id
limit $6
