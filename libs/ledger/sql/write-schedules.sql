-- What became of schedules that were looked at. One array a column, one element a schedule.
update reprise.schedule as s set next_instant = reprise.at_ms(d.next_instant), due_at = reprise.at_ms(d.due_at),
  previous = reprise.at_ms(d.previous), pending = d.pending::float8[], open_runs = d.open_runs::uuid[], missed = s.missed + d.missed,
  missed_at = case when d.missed > 0 then now() else s.missed_at end, skipped = s.skipped + d.skipped
from unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::text[], $7::text[], $8::int[], $9::int[])
  as d (workflow, id, next_instant, due_at, previous, pending, open_runs, missed, skipped)
where s.workflow = d.workflow and s.id = d.id
