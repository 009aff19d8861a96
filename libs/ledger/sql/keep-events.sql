-- Keeps events that somebody may wait for; those that are kept already are not returned. One array a column, one element an event; sorted
-- by source and id: types, sources, ids, bodies, sizes.
insert into reprise.kept_event (type, source, id, body, size)
select type, source, id, body, size
from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::int[]) as d (type, source, id, body, size)
on conflict (source, id) where run_id is null do nothing
returning number, source, id
