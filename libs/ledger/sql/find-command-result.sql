-- What came of a command; null: nobody has carried it out yet. $1 id.
select result from reprise.command where id = $1
