-- How dependencies are doing. $1 names.
select name, state from reprise.dependency where name = any($1::text[])
