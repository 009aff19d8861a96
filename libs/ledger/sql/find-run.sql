-- One run, whole. $1 id.
select r.id, r.workflow, r.workflow_id as version_id, w.version, w.number, r.status, r.scope, r.closing, r.trigger, r.key, r.labels, r.error,
  (r.origin ->> 'scheduledFor')::float8 as scheduled_for, r.parent_id,
  r.input, r.output, reprise.ms(r.created_at) as created_at, reprise.ms(r.started_at) as started_at, reprise.ms(r.ended_at) as ended_at,
  reprise.ms(r.due_at) as due_at, r.progress, r.origin ->> 'rerunOf' as rerun_of, r.origin
from reprise.run as r
left join lateral (select version, number from reprise.workflow where id = r.workflow_id offset 0) as w on true
where r.id = $1
