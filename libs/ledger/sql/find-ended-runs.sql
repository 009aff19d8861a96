-- Which of these runs have ended; those that are gone have. $1 ids.
select k.id
from unnest($1::uuid[]) as k (id)
where (select true from reprise.run where id = k.id and ended_at is null offset 0) is null
