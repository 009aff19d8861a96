-- One backfill of a schedule at a time looks which of its instants have runs, and starts those that have none. $1 name of the lock.
select pg_advisory_xact_lock(hashtextextended($1, 0))::text as locked
