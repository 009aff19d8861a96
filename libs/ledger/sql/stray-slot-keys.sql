-- Concurrency keys under which runs that have ended, or are gone, still have a place or wait for one. Reads all places.
-- $1 how many.
select distinct s.workflow, s.key
from reprise.slot as s left join lateral (select id, ended_at from reprise.run where id = s.run_id offset 0) as r on true
where r.id is null or r.ended_at is not null
limit $1
