-- What has become of these runs. $1 ids.
select id, status, output, error from reprise.run where id = any($1::uuid[])
