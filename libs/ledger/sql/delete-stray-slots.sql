-- Takes places from runs that have ended or are gone. Under the locks of the keys: a run that is taken up again gets its place under them too.
-- $1 workflows, $2 keys.
delete from reprise.slot as s
using unnest($1::text[], $2::text[]) as d (workflow, key)
where s.workflow = d.workflow and s.key = d.key
  and not exists (select from (select id from reprise.run where id = s.run_id and ended_at is null offset 0) as r)
