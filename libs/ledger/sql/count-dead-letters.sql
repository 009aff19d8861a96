-- How many dead letters wait for a decision; those that are being sent again do not. $1 how many are counted at most.
select (count(*) filter (where state = 'open'))::int as letters
from (select state from reprise.dead_letter where settled_at is null order by id limit $1) as unsettled
