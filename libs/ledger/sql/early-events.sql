-- Which of these waits have an event already that they may look at: kept for their key, or sent to their run. What another wait of the run
-- has taken is none; what this one took or refused under an earlier fence is, as in unseen-events.
-- One array a column, one element a wait: runs, nodes, ats, fences, interests, keys, types as regular expressions, since when.
select s.run_id, s.node, s.at
from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $8::float8[])
  as s (run_id, node, at, fence, interest, key, types, since)
where exists (
  select from reprise.event_key as k
  where k.interest = s.interest and k.key = s.key and k.received_at >= reprise.at_ms(s.since)
    and not exists (
      select from reprise.seen_event as e
      where e.run_id = s.run_id and e.number = k.number
        and case when e.node = s.node and e.at = s.at then e.fence = s.fence else e.taken end
    )
) or exists (
  select from reprise.kept_event as k
  where k.run_id = s.run_id and (k.type || '.') ~ s.types and k.received_at >= reprise.at_ms(s.since)
    and not exists (
      select from reprise.seen_event as e
      where e.run_id = s.run_id and e.number = k.number
        and case when e.node = s.node and e.at = s.at then e.fence = s.fence else e.taken end
    )
)
