-- The schedules of a workflow's current version. One that fires at the same times as before goes on where it was; a changed one begins
-- anew. One array a column, one element a schedule.
insert into reprise.schedule as s (workflow, id, version, trigger, definition, next_instant, due_at)
select workflow, id, version, trigger, definition, reprise.at_ms(next_instant), reprise.at_ms(due_at)
from unnest($1::text[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::float8[], $7::float8[])
  as d (workflow, id, version, trigger, definition, next_instant, due_at)
on conflict (workflow, id) do update set version = excluded.version, trigger = excluded.trigger, definition = excluded.definition,
  next_instant = case when s.definition = excluded.definition then s.next_instant else excluded.next_instant end,
  due_at = case when s.definition = excluded.definition then s.due_at else excluded.due_at end
