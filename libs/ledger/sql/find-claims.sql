-- Which of these attempts a claim holds, and has not ended: asked when the commit of the claim got no answer, or its answer was lost.
-- FOR UPDATE waits for one that is still under way: it holds its first rows. $1 runs, $2 nodes, $3 ats, $4 claim.
select t.run_id, t.node, t.at, t.fence, t.input, t.secrets, t.idempotency_key, reprise.ms(t.queued_at) as queued_at,
  reprise.ms(t.total_until) as total_until, reprise.ms(now()) as now
from unnest($1::uuid[], $2::int[], $3::text[]) as k (run_id, node, at)
cross join lateral (select * from reprise.task where run_id = k.run_id and node = k.node and at = k.at for update offset 0) as t
where t.claim = $4 and t.recorded is null
