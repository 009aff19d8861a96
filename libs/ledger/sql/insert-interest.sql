-- From now on events of a type are kept for runs that wait for them. $1 id, $2 pattern, $3 match.
insert into reprise.interest (id, pattern, match) values ($1, $2, $3) on conflict (id) do nothing
