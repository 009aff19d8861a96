-- Replication slots with how much of the log they keep.
select slot_name::text as name, active, coalesce(wal_status = 'lost', false) as lost,
  case when pg_is_in_recovery() or restart_lsn is null then 0 else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) end::float8 as retained_bytes
from pg_replication_slots
