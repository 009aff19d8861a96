-- Schedules that a workflow no longer has, and what was still to be made up for of them. $1 workflow, $2 ids it has.
with gone as (
  delete from reprise.schedule where workflow = $1 and id <> all ($2::text[])
)
update reprise.backfill set state = 'cancelled', ended_at = now()
where workflow = $1 and schedule <> all ($2::text[]) and state = 'running'
