-- The oldest open transactions of this database, and whoever else holds back vacuum here.
select pid, coalesce(usename::text, '') as "user", coalesce(application_name, '') as application, coalesce(state, '') as state,
  (extract(epoch from now() - xact_start) * 1000)::float8 as age_ms
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and backend_type = 'client backend'
order by xact_start limit 5
