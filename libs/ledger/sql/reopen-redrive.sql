-- A letter that nobody takes is open again. $1 id, $2 why.
update reprise.dead_letter set state = 'open', last_error = $2, look_at = null where id = $1 and state = 'redriving'
