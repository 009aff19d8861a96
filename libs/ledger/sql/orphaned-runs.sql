-- Child runs of runs that are gone. A child is never older than its parent. $1 parents, $2 the smallest of them.
select id from reprise.run where parent_id = any($1::uuid[]) and id > $2::uuid
