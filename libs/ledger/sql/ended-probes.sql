-- Probes of a poll that ended before a time, but for the newest. $1 the name they run under, $2 ended before (epoch ms), $3 how many are kept
-- anyway, $4 ids above, $5 how many.
select id
from reprise.run
where workflow = $1 and trigger = 'probe' and ended_at < to_timestamp($2::float8 / 1000) and id > $4::uuid
  and id < (select id from reprise.run where workflow = $1 order by id desc offset $3::int - 1 limit 1)
order by id
limit $5
