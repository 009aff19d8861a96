-- Tables whose default partition has rows.
select name from (values
  ('run', exists (select from reprise.run_default)),
  ('task', exists (select from reprise.task_default)),
  ('attempt', exists (select from reprise.attempt_default)),
  ('effect', exists (select from reprise.effect_default)),
  ('attempt_log', exists (select from reprise.attempt_log_default))
) as part (name, has_rows)
where has_rows
