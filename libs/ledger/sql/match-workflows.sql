-- Workflows whose name has a text in it. $1 the text, $2 how many.
select name from reprise.workflow_name where strpos(name, $1::text) > 0 order by name limit $2
