-- Everything that any version of any workflow waits for.
select id, pattern, match from reprise.interest
