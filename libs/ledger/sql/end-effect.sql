-- Records how an effect ended, under the claim that began it. No row: the attempt has been replaced, and is not heard any more.
-- $1 run, $2 node, $3 at, $4 fence, $5 claim, $6 name, $7 state, $8 result, $9 error.
with held as (
  update reprise.task as t
  set guard = case
    when $7 = 'in_doubt' or exists (
      select from reprise.effect where run_id = $1 and node = $2 and at = $3 and name <> $6 and state in ('intended', 'in_doubt')
    ) then t.guard
    else 'settled'
  end
  where t.run_id = $1 and t.node = $2 and t.at = $3 and t.fence = $4 and t.claim = $5 and t.status = 'running'
  returning t.run_id, t.node, t.at
)
update reprise.effect as e set state = $7, result = $8, error = $9, changed_at = now()
from held
where e.run_id = held.run_id and e.node = held.node and e.at = held.at and e.name = $6 and e.fence = $4 and e.claim = $5
returning e.state
