-- Whether this login could do what users' SQL must not: read the ledger, or become someone who can.
select pg_catalog.has_table_privilege('reprise.task', 'select') or pg_catalog.has_table_privilege('reprise.task', 'update')
  or exists (
    select from pg_catalog.pg_roles as r
    where pg_catalog.pg_has_role(r.oid, 'member') and (r.rolsuper or r.rolcreaterole or r.rolreplication or r.rolbypassrls)
  ) as too_strong
