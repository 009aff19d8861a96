-- How many dead letters wait for a decision.
select count(*)::int as letters from reprise.dead_letter where settled_at is null and state = 'open'
