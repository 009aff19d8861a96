-- Places of tasks that neither run nor wait for one: nobody would give them back.
delete from reprise.place as p
where not exists (
  select from reprise.task as t
  where t.run_id = p.run_id and t.node = p.node and t.at = p.at and t.status in ('ready', 'running', 'retrying')
)
