-- Notices whose run has not looked in time: each is handed to one watcher only and armed again. Those to runs that have ended or are gone
-- go. $1 how many.
with due as (
  select number, run_id, version, node, at, fence
  from reprise.notice
  where look_at <= now()
  order by look_at
  limit $1
  for update skip locked
), judged as (
  select due.*, r.id is null or r.ended_at is not null as is_over
  from due left join lateral (select id, ended_at from reprise.run where id = due.run_id offset 0) as r on true
), gone as (
  delete from reprise.notice as n using judged as j where n.number = j.number and j.is_over
), armed as (
  update reprise.notice as n set look_at = now() + interval '5 seconds' from judged as j where n.number = j.number and not j.is_over
)
select run_id, version, node, at, fence, is_over from judged
