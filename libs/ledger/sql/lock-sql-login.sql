-- The same, locked: of several executors that were refused, one renews the password and the others find it renewed.
select value from reprise.setting where name = 'sql_role' for update
