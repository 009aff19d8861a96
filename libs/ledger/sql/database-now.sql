-- The database's clock, epoch milliseconds.
select reprise.ms(clock_timestamp()) as now
