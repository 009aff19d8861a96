-- The broker has a letter that was sent again. $1 id.
update reprise.dead_letter set state = 'redriven', settled_at = now(), look_at = null where id = $1 and state = 'redriving'
