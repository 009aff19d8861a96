-- Records that an effect is about to happen, under the claim of its attempt; the row of the task is locked, so that nobody takes over in
-- between. No row: the claim is gone. `begun` is false where the effect may not happen now; then the rest is what is known of it.
-- $1 run, $2 node, $3 at, $4 fence, $5 claim, $6 name, $7 the other system's key, $8 fingerprint, $9 policy, $10 attempt,
-- $11 whether it may happen although it is in doubt.
with held as (
  update reprise.task as t
  set guard = case
    when exists (
      select from reprise.effect where run_id = $1 and node = $2 and at = $3 and name = $6
        and (state = 'committed' or fingerprint is distinct from $8)
    ) then case when t.guard is null or t.guard like 'once-%' then 'settled' else t.guard end
    else reprise.opened(t.guard, $9)
  end
  where t.run_id = $1 and t.node = $2 and t.at = $3 and t.fence = $4 and t.claim = $5 and t.status = 'running'
  returning t.run_id, t.node, t.at
), begun as (
  insert into reprise.effect as e (run_id, node, at, name, state, key, fingerprint, policy, fence, claim, attempt)
  select run_id, node, at, $6, 'intended', $7, $8, $9, $4, $5, $10 from held
  on conflict (run_id, node, at, name) do update set state = 'intended', policy = excluded.policy, fence = excluded.fence,
    claim = excluded.claim, attempt = excluded.attempt, error = null, settled_by = null, begun_at = now(), changed_at = now()
  where e.fingerprint is not distinct from excluded.fingerprint
    and (e.state = 'void' or ($11 and e.state in ('intended', 'in_doubt')) or (e.state = 'intended' and e.claim = excluded.claim))
  returning e.state
)
select exists (select from begun) as begun, e.state, e.key, e.fingerprint is distinct from $8 as differs, e.result, e.error,
  e.attempt, reprise.ms(e.begun_at) as begun_at
from held left join reprise.effect as e on e.run_id = held.run_id and e.node = held.node and e.at = held.at and e.name = $6
