-- Workflows whose runs are probes of polls: no document can have a name with a dot in it.
select distinct name from reprise.workflow where strpos(name, '.poll.') > 0 order by name
