-- One lock for all rate limits, until the transaction ends: decisions ask for keys one after the other, each in an order of its own, and
-- with a lock a key two of them would wait for each other.
select pg_advisory_xact_lock(hashtextextended('reprise.rates', 0))
