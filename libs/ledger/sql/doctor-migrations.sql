-- Migrations that were applied.
select name from reprise.migration order by id
