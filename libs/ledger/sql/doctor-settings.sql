-- Settings by name, as they are in force for this session. $1 names.
select name, setting from pg_settings where name = any($1::text[])
