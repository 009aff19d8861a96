-- Takes results of an earlier run over into a new one: rows that have ended, and of lists those of their items.
-- $1 new run, $2 earlier run, $3 nodes then, $4 nodes now, $5 whether they stand for lists, $6 now (epoch ms).
insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at, output, error, why, progress)
select $1::uuid, k.node, t.at, t.status, 0, 0, reprise.at_ms($6::float8), reprise.at_ms($6::float8), t.output, t.error,
  json_build_object('reason', 'reused', 'run', $2::uuid), case when t.progress ->> 'kind' = 'list' then t.progress end
from unnest($3::int[], $4::int[], $5::bool[]) as k (before, node, list)
join reprise.task as t on t.run_id = $2::uuid and t.node = k.before and (t.at = '' or (k.list and t.at !~ '[.]'))
where t.ended_at is not null
returning at
