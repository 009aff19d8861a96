-- What an attempt has written, in order; a row without lines: nothing yet. No row: there is no such attempt. $1 run, $2 node, $3 at,
-- $4 attempt.
select l.lines, coalesce(l.skipped, 0) as skipped
from reprise.task as t
left join reprise.attempt_log as l
  on l.run_id = t.run_id and l.node = t.node and l.at = t.at and l.attempt = $4
where t.run_id = $1 and t.node = $2 and t.at = $3 and $4 between 1 and t.attempt
order by l.fence, l.part
