-- Dependencies whose breaker is not closed.
select name from reprise.dependency where troubled order by name
