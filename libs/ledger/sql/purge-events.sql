-- Forgets the oldest kept events that are older than they are kept, and what runs have made of them. $1 how long in milliseconds, $2 how many to look at.
with old as (
  select number from (select number, received_at from reprise.kept_event order by number limit $2) as e
  where received_at < now() - $1::float8 * interval '1 millisecond'
), keys as (
  delete from reprise.event_key as k using old where k.number = old.number
), seen as (
  delete from reprise.seen_event as s using old where s.number = old.number
), gone as (
  delete from reprise.kept_event as e using old where e.number = old.number returning e.number
)
select count(*)::int as gone from gone
