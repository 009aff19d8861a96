-- A service that stops says goodbye; long-dead ones leave with it. $1 id.
delete from reprise.member where id = $1 or lease_until < now() - interval '1 day'
