-- Creates the login, or gives it a new password.
select reprise.ensure_sql_login()
