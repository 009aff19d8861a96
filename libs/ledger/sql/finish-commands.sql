-- Commands carried out, with what came of each. $1 ids, $2 results.
update reprise.command as c set applied_at = now(), result = d.result
from unnest($1::uuid[], $2::text[]) as d (id, result)
where c.id = d.id
