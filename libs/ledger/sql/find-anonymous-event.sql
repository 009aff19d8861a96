-- The newest event of a sender whose message had no id but this very body. $1 source, $2 front of its id (`body:HASH`).
select source, id, fingerprint, outcome, results
from reprise.trigger_event
where source = $1 and id >= $2 || ':' and id < $2 || ';'
order by received_at desc
limit 1
