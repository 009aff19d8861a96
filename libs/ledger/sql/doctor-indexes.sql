-- Every index of the ledger, with whether it can be used.
select i.relname as name, t.relname as "table", x.indisvalid and x.indisready as valid
from pg_index as x
join pg_class as i on i.oid = x.indexrelid
join pg_class as t on t.oid = x.indrelid
join pg_namespace as n on n.oid = t.relnamespace
where n.nspname = 'reprise'
