-- Forgets what instants of a poll came to, but for the newest and for those that have started a run. $1 their source, $2 seen before
-- (epoch ms), $3 how many are kept anyway, $4 how many.
with old as (
  select id from reprise.trigger_event
  where source = $1 and received_at < to_timestamp($2::float8 / 1000) and (type = 'poll.fired' or outcome <> 'accepted')
    and id < (select id from reprise.trigger_event where source = $1 order by id desc offset $3::int - 1 limit 1)
  order by id
  limit $4
), gone as (
  delete from reprise.trigger_event where source = $1 and id = any(array(select id from old)) returning id
)
select count(*)::int as gone from gone
