-- Which of these runs have ended. $1 ids.
select id from reprise.run where id = any($1::uuid[]) and ended_at is not null
