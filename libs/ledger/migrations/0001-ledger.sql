create schema if not exists reprise;

-- Epoch milliseconds, the only form in which an instant leaves the database.
create function reprise.ms(instant timestamptz) returns float8
  language sql stable parallel safe return (extract(epoch from instant) * 1000)::float8;
create function reprise.at_ms(ms float8) returns timestamptz
  language sql stable parallel safe return to_timestamp(ms / 1000.0);

create table reprise.setting (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- One immutable version of a workflow.
create table reprise.workflow (
  id uuid primary key,
  name text not null,
  number int not null,
  version text,
  hash text not null,
  document json not null,
  created_at timestamptz not null default now(),
  unique (name, number),
  unique (name, hash)
);
create unique index workflow_version on reprise.workflow (name, version) where version is not null;

-- Which version a start without a version gets; archived names start nothing.
create table reprise.workflow_name (
  name text primary key,
  current uuid not null references reprise.workflow (id),
  archived_at timestamptz
);

-- A run. `scope` has one letter for each task of the root (see the core's scope.ts).
-- Partitioned by the time inside its UUIDv7, so that retention is a DROP and the key stays globally unique.
create table reprise.run (
  id uuid not null,
  workflow_id uuid not null,
  workflow text not null,
  status text not null,
  scope text not null,
  closing text,
  scope_error json,
  trigger text not null,
  key text,
  input json not null,
  output json,
  error json,
  labels jsonb not null default '{}',
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  due_at timestamptz,
  watch_at timestamptz,
  announced boolean not null default true,
  primary key (id),
  constraint run_status check (status in ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
  constraint run_closing check (closing in ('failed', 'cancelled', 'timedOut')),
  constraint run_ended check ((ended_at is not null) = (status in ('succeeded', 'failed', 'cancelled')))
) partition by range (id);
create index run_by_workflow on reprise.run (workflow, id);
create index run_open on reprise.run (status, id) where ended_at is null;
create index run_watch on reprise.run (watch_at) where watch_at is not null;
create index run_labels on reprise.run using gin (labels jsonb_path_ops);

-- One task instance: the idempotency ledger proper. `node` is its number in the compiled workflow, `at` its enclosing item indices.
-- No index may name `status`: a claim changes it, and an index on it would cost every claim its HOT update.
create table reprise.task (
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  status text not null,
  attempt int not null,
  fence bigint not null,
  claim uuid,
  executor text,
  queue text,
  created_at timestamptz not null,
  queued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  lease_until timestamptz,
  due_at timestamptz,
  watch_at timestamptz,
  queue_until timestamptz,
  total_until timestamptz,
  parked_at timestamptz,
  cancelling boolean not null default false,
  input json,
  secrets json,
  output json,
  error json,
  why json,
  memory json,
  progress json,
  idempotency_key text,
  recorded json,
  primary key (run_id, node, at),
  constraint task_status check (status in ('pending', 'ready', 'running', 'retrying', 'waiting', 'parked', 'succeeded', 'failed', 'skipped', 'cancelled')),
  constraint task_ready check (status <> 'ready' or (queue is not null and queued_at is not null and claim is null)),
  constraint task_claimed check ((claim is null) = (lease_until is null) and (claim is null or status = 'running')),
  constraint task_due check (status not in ('retrying', 'waiting') or due_at is not null),
  constraint task_ended check ((ended_at is not null) = (status in ('succeeded', 'failed', 'skipped', 'cancelled'))),
  constraint task_parked check ((parked_at is not null) = (status = 'parked'))
) partition by range (run_id);
create index task_watch on reprise.task (watch_at) where watch_at is not null;
create index task_parked_at on reprise.task (parked_at) where parked_at is not null;

-- Ended attempts worth keeping: all but a success at the first try, which its task's row tells.
create table reprise.attempt (
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  attempt int not null,
  outcome text not null,
  executor text,
  queued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz not null,
  error json,
  why json,
  verdict json,
  primary key (run_id, node, at, fence),
  constraint attempt_outcome check (outcome in ('failed', 'timeout', 'lost', 'cancelled', 'succeeded'))
) partition by range (run_id);

-- Business keys. `scope` is 'call' or 'run', `name` the call or the workflow.
create table reprise.idempotency (
  scope text not null,
  name text not null,
  key text not null,
  fingerprint text not null,
  run_id uuid not null,
  node int,
  at text,
  state text not null,
  result json,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (scope, name, key),
  constraint idempotency_scope check (scope in ('call', 'run')),
  constraint idempotency_state check (state in ('open', 'succeeded')),
  constraint idempotency_expiry check ((state = 'open' and scope = 'call') = (expires_at is null))
);
create index idempotency_expired on reprise.idempotency (expires_at) where expires_at is not null;

-- Every trigger event seen, and what it did.
create table reprise.trigger_event (
  source text collate "C" not null,
  id text collate "C" not null,
  type text not null,
  subject text,
  fingerprint text not null,
  outcome text not null,
  results json not null,
  received_at timestamptz not null default now(),
  number bigint generated always as identity,
  primary key (source, id),
  constraint trigger_event_outcome check (outcome in ('accepted', 'unmatched', 'conflict', 'rejected'))
);
create index trigger_event_number on reprise.trigger_event (number);
create index trigger_event_received on reprise.trigger_event using brin (received_at);

-- What operators asked for: a row before it is a message.
create table reprise.command (
  id uuid primary key,
  run_id uuid not null,
  kind text not null,
  payload jsonb not null,
  asked_by text,
  created_at timestamptz not null default now(),
  applied_at timestamptz,
  result text
);
create index command_open on reprise.command (run_id) where applied_at is null;

-- Live services; dead ones are those whose lease is over.
create table reprise.member (
  id text primary key,
  service text not null,
  info jsonb not null,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null
);

create table reprise.dead_letter (
  id uuid primary key,
  queue text not null,
  reason text not null,
  body bytea not null,
  properties jsonb not null,
  received_at timestamptz not null default now(),
  settled_at timestamptz,
  settled_as text
);
create index dead_letter_open on reprise.dead_letter (id) where settled_at is null;
