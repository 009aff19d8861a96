-- When runs of these workflows last succeeded. One that is known to the second is left alone, and not even locked.
-- $1 workflows, none twice and sorted, $2 when (epoch ms).
insert into reprise.workflow_success as w (workflow, succeeded_at)
select d.workflow, reprise.at_ms(d.at) from unnest($1::text[], $2::float8[]) as d (workflow, at)
where not exists (
  select from reprise.workflow_success where workflow = d.workflow and succeeded_at >= reprise.at_ms(d.at) - interval '1 second'
)
on conflict (workflow) do update set succeeded_at = greatest(w.succeeded_at, excluded.succeeded_at)
