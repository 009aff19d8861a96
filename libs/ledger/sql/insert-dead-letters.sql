-- Messages nobody could handle, one array a column; the redrives of one that had been sent again are counted along. $1 ids, $2 queues,
-- $3 reasons, $4 bodies, $5 properties, $6 the letters that they were sent again for.
insert into reprise.dead_letter (id, queue, reason, body, properties, redrive_of, redrives)
select d.id, d.queue, d.reason, d.body, d.properties, earlier.id, coalesce(earlier.redrives + 1, 0)
from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[], $6::uuid[])
  as d (id, queue, reason, body, properties, redrive_of)
left join reprise.dead_letter as earlier on earlier.id = d.redrive_of
