-- What fires at certain times.

-- The schedules of workflows that may start, as their current versions have them: written when a version is registered, removed when it
-- no longer has them or the workflow is archived. Firing locks the row, so that an instant fires once with any number of triggers.
create table reprise.schedule (
  workflow text not null,
  id text not null,
  version uuid not null,
  -- Its number in the version's `on`.
  trigger int not null,
  -- Hash of what decides when it fires: a changed one begins anew.
  definition text not null,
  -- The first instant nobody has dealt with, and when it is to fire.
  next_instant timestamptz,
  due_at timestamptz,
  -- The last instant for which a run was asked.
  previous timestamptz,
  -- Instants, as epoch milliseconds, that wait for runs of earlier ones to end.
  pending float8[] not null default '{}',
  -- Its runs that had not ended when it was last looked at.
  open_runs uuid[] not null default '{}',
  missed bigint not null default 0,
  skipped bigint not null default 0,
  missed_at timestamptz,
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  created_at timestamptz not null default now(),
  primary key (workflow, id),
  constraint schedule_due check ((due_at is null) = (next_instant is null))
);
create index schedule_due_at on reprise.schedule (due_at) where paused_at is null;
create index schedule_pending on reprise.schedule (workflow, id) where pending <> '{}';

-- Instants of the past for which somebody wants runs. It keeps to the version it was asked of.
create table reprise.backfill (
  id uuid primary key,
  workflow text not null,
  schedule text not null,
  version uuid not null,
  trigger int not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- How many of its runs may be open at a time, and how far apart they start.
  parallel int not null,
  every_ms float8 not null default 0,
  -- Instants that have a run already get another one.
  rerun boolean not null,
  state text not null default 'running',
  total int not null,
  next_instant timestamptz,
  next_start_at timestamptz not null default now(),
  open_runs uuid[] not null default '{}',
  started int not null default 0,
  existing int not null default 0,
  unmatched int not null default 0,
  rejected int not null default 0,
  asked_by text,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint backfill_state check (state in ('running', 'done', 'cancelled')),
  constraint backfill_ended check ((state = 'running') = (ended_at is null))
);
create index backfill_running on reprise.backfill (id) where state = 'running';
create index backfill_by_schedule on reprise.backfill (workflow, schedule, id);
