-- What an event did, where a business key decided otherwise than foreseen. $1 sources, $2 ids, $3 outcomes, $4 results.
update reprise.trigger_event as e set outcome = d.outcome, results = d.results
from unnest($1::text[], $2::text[], $3::text[], $4::json[]) as d (source, id, outcome, results)
where e.source = d.source and e.id = d.id
