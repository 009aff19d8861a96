-- Rows that live and rows that are dead and not swept yet, as the statistics have it.
select relname as name, n_live_tup::float8 as live, n_dead_tup::float8 as dead from pg_stat_user_tables where schemaname = 'reprise'
