-- One external effect of a task instance. `intended` before its work begins, under the claim of the attempt that begins it; then
-- `committed` with the result, `void` (it is known not to have happened), or `in_doubt`. One that is still `intended` under an older
-- claim is in doubt as well: its attempt has ended without saying more.
create table reprise.effect (
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  name text collate "C" not null,
  state text not null,
  -- What the other system is given to recognise the request by.
  key text not null,
  fingerprint text,
  policy text not null,
  fence bigint not null,
  claim uuid not null,
  attempt int not null,
  result json,
  error json,
  settled_by text,
  begun_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (run_id, node, at, name),
  constraint effect_state check (state in ('intended', 'committed', 'void', 'in_doubt')),
  constraint effect_policy check (policy in ('park', 'retry', 'probe', 'fail')),
  constraint effect_result check (result is null or state = 'committed')
) partition by range (run_id);

-- What a row says of its work outside Reprise, should nobody hear how its attempt ended: see the core's guard.ts.
alter table reprise.task add column guard text;
alter table reprise.attempt drop constraint attempt_outcome;
alter table reprise.attempt add constraint attempt_outcome
  check (outcome in ('failed', 'timeout', 'lost', 'cancelled', 'succeeded', 'in_doubt'));

-- The guard once one more effect with this policy is open: the strictest of those that are.
create function reprise.opened(guard text, policy text) returns text
  language sql immutable parallel safe
  return case
    when guard like 'open-%' and array_position(array['retry', 'probe', 'fail', 'park'], substr(guard, 6))
      > array_position(array['retry', 'probe', 'fail', 'park'], policy) then guard
    else 'open-' || policy
  end;
