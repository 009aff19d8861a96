-- The oldest of the newest runs; null: there are not so many. Probes of polls are not counted. $1 how many there may be.
select id from reprise.run where trigger <> 'probe' order by id desc offset $1::int - 1 limit 1
