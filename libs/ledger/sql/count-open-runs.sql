-- Runs that have not ended, by status; reads only the index of open runs.
select status, count(*)::float8 as runs from reprise.run where ended_at is null group by status
