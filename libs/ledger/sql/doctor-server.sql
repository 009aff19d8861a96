-- The server as it is for this session: version, whether it may be written to, connections, how old the oldest row is that is not frozen, the clock.
select current_setting('server_version_num')::int as version, pg_is_in_recovery() as recovery,
  current_setting('default_transaction_read_only') = 'on' as read_only,
  (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
  (select age(datfrozenxid)::int from pg_database where datname = current_database()) as xid_age,
  not pg_has_role(current_user, 'pg_read_all_stats', 'usage') as activity_hidden,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
