-- People have been told; one array a column, one element an event: approvals, kinds, numbers.
update reprise.approval_event as e set look_at = null
from unnest($1::uuid[], $2::text[], $3::int[]) as d (approval_id, kind, number)
where e.approval_id = d.approval_id and e.kind = d.kind and e.number = d.number
