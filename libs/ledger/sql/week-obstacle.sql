-- What stands against dropping a week of runs, the cheapest to find first; null: nothing. Under a lock only `changed` is asked, which indexes
-- tell: of a week that had no obstacle a moment ago nothing else can have become one but by a run that was taken up again.
-- $1 ids from, $2 ids below, $3 ended before (epoch ms), $4 whether only what may have changed.
select case
  when exists (select from reprise.run where id >= $1::uuid and id < $2::uuid and ended_at is null) then 'open'
  when exists (select from reprise.run where id >= $1::uuid and id < $2::uuid and ended_at >= to_timestamp($3::float8 / 1000)) then 'young'
  when exists (select from reprise.run where id >= $1::uuid and id < $2::uuid and watch_at is not null) then 'untold'
  when exists (select from reprise.command where run_id >= $1::uuid and run_id < $2::uuid)
    or exists (select from reprise.approval where run_id >= $1::uuid and run_id < $2::uuid)
    or exists (select from reprise.kept_event where run_id is not null and run_id >= $1::uuid and run_id < $2::uuid)
    or exists (select from reprise.seen_event where run_id >= $1::uuid and run_id < $2::uuid)
    or exists (select from reprise.notice where run_id >= $1::uuid and run_id < $2::uuid)
    or exists (select from reprise.completion where run_id >= $1::uuid and run_id < $2::uuid) then 'more'
  when $4::bool then null
  when exists (select from reprise.task where run_id >= $1::uuid and run_id < $2::uuid and parked_at is not null) then 'parked'
  when exists (
    select from reprise.run as r
    where r.id >= $1::uuid and r.id < $2::uuid and r.parent_id is not null and (r.parent_id < $1::uuid or r.parent_id >= $2::uuid)
      and (select true from reprise.run as p where p.id = r.parent_id offset 0)
  ) then 'child'
  when exists (
    select from reprise.effect as e
    where e.run_id >= $1::uuid and e.run_id < $2::uuid and e.state in ('intended', 'in_doubt') and e.policy <> 'fail'
      and not exists (
        select from reprise.task as t
        where t.run_id = e.run_id and t.node = e.node and t.at = e.at and (t.status = 'succeeded' or t.error ->> 'code' = 'RESOLVED')
      )
  ) then 'doubt'
end as obstacle
