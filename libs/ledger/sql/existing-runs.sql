-- Those of these runs that there are. $1 ids.
select id from reprise.run where id = any($1::uuid[])
