-- Roots that have ended: their trees grow no more. $1 roots.
delete from reprise.tree where root_id = any($1::uuid[])
