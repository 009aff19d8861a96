-- What happened to a run, oldest first, derived from its rows. Facts of one moment stand in the order of cause: what ended, what began and ended at once, what began.
-- An end is told from the inside out (the deeper node has the higher number). $1 run; after: $2 microseconds, $3 rank, $4 place, $5 at,
-- $6 fence; $7 how many.
with facts as (
  select created_at as moment, 0 as rank, 0 as place, '' collate "C" as at, 0::bigint as fence, null::int as node, 'run.started' as kind,
    null::int as attempt, null::text as executor, null::json as error, null::json as why, null::json as verdict,
    origin ->> 'startedBy' as by, null::json as detail
  from reprise.run where id = $1
  union all
  select ended_at, 9, 0, '', 0, null, 'run.' || status, null, null, error, null, null,
    case status when 'cancelled' then error #>> '{details,by}' end, null
  from reprise.run where id = $1 and ended_at is not null
  union all
  select queued_at, 7, node, at, fence, node, 'attempt.queued', attempt, null, null, why, null, null, null
  from reprise.attempt where run_id = $1 and queued_at is not null
  union all
  select started_at, 8, node, at, fence, node, 'attempt.started', attempt, executor, null, null, null, null, null
  from reprise.attempt where run_id = $1 and started_at is not null
  union all
  select ended_at, 1, -node, at, fence, node, 'attempt.' || outcome, attempt, executor, error, null, verdict, null, null
  from reprise.attempt where run_id = $1
  union all
  select t.created_at, case when t.ended_at = t.created_at then 4 else 6 end, t.node, t.at, t.fence, t.node, 'task.started', null, null, null, null, null,
    null, null
  from reprise.task as t where t.run_id = $1 and t.attempt = 0 and t.why ->> 'reason' is distinct from 'reused'
  union all
  select current.moment, current.rank, t.node, t.at, t.fence, t.node, current.kind, t.attempt, current.executor, null, current.why, null,
    null, null
  from reprise.task as t
  cross join lateral (values
    (t.queued_at, 7, 'attempt.queued', null, t.why),
    (t.started_at, 8, 'attempt.started', t.executor, null)
  ) as current (moment, rank, kind, executor, why)
  where t.run_id = $1 and t.attempt > 0 and t.status <> 'retrying' and current.moment is not null
    and not exists (
      select from reprise.attempt as a where a.run_id = t.run_id and a.node = t.node and a.at = t.at
        and (a.attempt = t.attempt or a.queued_at = t.queued_at))
  union all
  select parked_at, 2, -node, at, fence, node, 'task.parked', attempt, null, error, why, null, null, null
  from reprise.task where run_id = $1 and parked_at is not null
  union all
  select ended_at, case when attempt = 0 and ended_at = created_at then 5 else 3 end, -node, at, fence, node,
    case when why ->> 'reason' = 'reused' then 'task.reused' else 'task.' || status end, nullif(attempt, 0), null, error,
    case when why ->> 'reason' in ('reused', 'answered') then why end, null, null, null
  from reprise.task where run_id = $1 and ended_at is not null
  union all
  select e.at, case e.kind when 'requested' then 7 when 'escalated' then 1 else 2 end, a.node, a.at, a.fence, a.node, 'approval.' || e.kind, null, null,
    null, null, null, e.detail ->> 'by', (jsonb_build_object('approval', a.id) || coalesce(e.detail::jsonb, '{}') - 'by' || case e.kind
      when 'requested' then jsonb_build_object('subject', a.subject) when 'reminded' then jsonb_build_object('reminder', e.number) else '{}' end)::json
  from reprise.approval as a join reprise.approval_event as e on e.approval_id = a.id where a.run_id = $1
  union all
  select w.answered_at, 1, a.node, a.at, a.fence, a.node, 'approval.answered', null, null, null, null, null, w.answered_by,
    json_build_object('approval', a.id, 'decision', w.decision, 'form', w.form, 'comment', w.comment)
  from reprise.approval as a join reprise.approval_answer as w on w.approval_id = a.id where a.run_id = $1
  union all
  -- Who asks for an end does so before it comes, whatever the clock of whoever ended the run said.
  select case c.kind when 'cancel' then least(c.created_at, r.ended_at) else c.applied_at end, 1,
    coalesce((c.payload ->> 'node')::int, 0), coalesce(c.payload ->> 'at', ''), 0, (c.payload ->> 'node')::int,
    case c.kind when 'pause' then 'run.paused' when 'resume' then 'run.resumed' when 'cancel' then 'run.cancel-asked' when 'retry-run' then 'run.retried'
      when 'resolve' then 'task.resolved' when 'settle' then 'task.settled' when 'retry-now' then 'task.hurried' end,
    null, null, null, null, null, c.asked_by,
    case c.kind when 'resolve' then json_build_object('outcome', c.payload -> 'outcome', 'reason', c.payload -> 'reason')
      when 'cancel' then json_build_object('reason', c.payload -> 'reason')
      when 'settle' then json_build_object('reason', c.payload -> 'reason', 'effects', (
        select json_agg(json_build_object('name', f -> 'name', 'happened', f -> 'happened')) from jsonb_array_elements(c.payload -> 'effects') as f)) end
  from reprise.command as c join reprise.run as r on r.id = c.run_id
  where c.run_id = $1 and c.result = 'applied' and c.kind in ('pause', 'resume', 'cancel', 'retry-run', 'resolve', 'settle', 'retry-now')
), placed as (
  select (extract(epoch from moment) * 1000000)::bigint as us, facts.* from facts
)
select us, rank, place, at, fence, node, kind, attempt, executor, error, why, verdict, by, detail
from placed
where (us, rank, place, at, fence) > ($2::bigint, $3::int, $4::int, $5::text collate "C", $6::bigint)
order by us, rank, place, at, fence
limit $7
