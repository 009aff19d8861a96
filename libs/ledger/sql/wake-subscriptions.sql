-- Tells the waits of these keys to look, all of them by a notice; returns some of them, fairly, to be told by a message too, and how many
-- there are of each event and workflow. $1 places of the events, $2 interests, $3 keys, $4 how many to return.
with hit as (
  select k.place, s.run_id, s.version, s.workflow, s.node, s.at, s.fence
  from unnest($1::int[], $2::uuid[], $3::text[]) as k (place, interest, key)
  join reprise.subscription as s on s.interest = k.interest and s.key = k.key
), told as (
  insert into reprise.notice (run_id, version, node, at, fence)
  select distinct run_id, version, node, at, fence from hit
)
select place, run_id, version, workflow, node, at, fence, woken
from (
  select hit.*, row_number() over (partition by place, workflow order by run_id, node, at) as turn, count(*) over (partition by place, workflow) as woken
  from hit
) as h
order by turn, place
limit $4
