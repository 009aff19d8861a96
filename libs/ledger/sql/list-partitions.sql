-- Partitions of a table. $1 the table, with its schema.
select child.relname as name
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent = $1::regclass
