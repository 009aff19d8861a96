-- The login for users' SQL, as the migration left it.
select value from reprise.setting where name = 'sql_role'
