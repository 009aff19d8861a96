-- How far these runs have come. $1 ids.
select id, status from reprise.run where id = any($1::uuid[])
