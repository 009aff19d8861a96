-- What the whole workflow language needs beside runs, tasks and attempts.

-- `origin`: where a run comes from, written once (the core's Origin). `progress`: what it does when its tasks have ended, and how often
-- it was taken up again (the core's RunProgress); null while it has nothing to tell.
alter table reprise.run
  add column origin json,
  add column progress json,
  add column parent_id uuid,
  add column slot_key text;
create index run_children on reprise.run (parent_id, id) where parent_id is not null;

-- What was asked of a run is part of its history.
create index command_run on reprise.command (run_id);

alter table reprise.task drop constraint task_due;
alter table reprise.task add constraint task_due check (status <> 'retrying' or due_at is not null);

-- What any workflow waits for: (event type pattern, `match` expression). Its id is a hash of the two, so that nobody must look it up.
-- Written when a version is registered, never removed.
create table reprise.interest (
  id uuid primary key,
  pattern text not null,
  match text not null,
  created_at timestamptz not null default now()
);

-- Events that some workflow may wait for, kept for a while; `run_id` for one that was sent to a single run.
create table reprise.kept_event (
  number bigint generated always as identity primary key,
  run_id uuid,
  type text not null,
  source text not null,
  id text not null,
  body json not null,
  size int not null,
  received_at timestamptz not null default now()
);
create unique index kept_event_once on reprise.kept_event (source, id) where run_id is null;
create unique index kept_event_sent on reprise.kept_event (run_id, source, id) where run_id is not null;

-- What a kept event's `match` is, for every interest in its type.
create table reprise.event_key (
  interest uuid not null,
  key text collate "C" not null,
  received_at timestamptz not null default now(),
  number bigint not null,
  primary key (interest, key, received_at, number)
);
create index event_key_number on reprise.event_key (number);

-- One row for each `waitFor` that waits.
create table reprise.subscription (
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  version uuid not null,
  workflow text not null,
  interest uuid not null,
  key text collate "C" not null,
  pattern text not null,
  since timestamptz not null,
  primary key (run_id, node, at)
);
create index subscription_by_key on reprise.subscription (interest, key);

-- Which events a run has looked at: taken once by any of its waits (node -1: it started the run), or refused by one of them.
create table reprise.seen_event (
  run_id uuid not null,
  number bigint not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  taken boolean not null,
  primary key (run_id, number, node, at)
);
create unique index seen_event_taken on reprise.seen_event (run_id, number) where taken;
create index seen_event_number on reprise.seen_event (number);

-- An approval and its answers. `required` of `assignees` (none: anybody) must approve; one rejection decides. An answer and an end
-- both hold the row while they write: the first of them is the one that counts.
create table reprise.approval (
  id uuid primary key,
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  version uuid not null,
  workflow text not null,
  path text not null,
  subject text not null,
  assignees text[] not null,
  form json,
  requester text,
  four_eyes boolean not null,
  required int not null,
  expires_at timestamptz,
  state text not null default 'open',
  decision text,
  decided_by text,
  ended_at timestamptz,
  created_at timestamptz not null,
  constraint approval_state check (state in ('open', 'decided', 'expired', 'closed')),
  constraint approval_decision check (decision in ('approved', 'rejected')),
  constraint approval_decided check ((state = 'decided') = (decided_by is not null) and (decided_by is null or decision is not null)),
  constraint approval_ended check ((state = 'open') = (ended_at is null))
);
create unique index approval_task on reprise.approval (run_id, node, at, fence);
create index approval_open on reprise.approval (id) where state = 'open';

create table reprise.approval_answer (
  approval_id uuid not null references reprise.approval (id) on delete cascade,
  answered_by text not null,
  decision text not null,
  form json,
  comment text,
  answered_at timestamptz not null,
  primary key (approval_id, answered_by)
);

-- What became of an approval, for its run's history and for those who are to be told: `look_at` is null once the broker
-- has confirmed it.
create table reprise.approval_event (
  approval_id uuid not null references reprise.approval (id) on delete cascade,
  kind text not null,
  number int not null,
  at timestamptz not null,
  detail json,
  look_at timestamptz default now(),
  primary key (approval_id, kind, number),
  constraint approval_event_kind check (kind in ('requested', 'reminded', 'escalated', 'decided', 'expired', 'closed'))
);
create index approval_event_untold on reprise.approval_event (look_at) where look_at is not null;

-- Places of a concurrency key: holders, and those that wait for one, in order of `number`. `most`: how many may hold one, as the version
-- of the run says. A run that has ended has none.
create table reprise.slot (
  workflow text collate "C" not null,
  key text collate "C" not null,
  run_id uuid not null,
  version uuid not null,
  state text not null,
  most int not null,
  number bigint generated always as identity,
  primary key (run_id),
  constraint slot_state check (state in ('held', 'waiting'))
);
create index slot_by_key on reprise.slot (workflow, key, state, number);

-- The last start times under a rate limit's key, and who was told to come when (the core's RateWindow).
create table reprise.rate (
  key text collate "C" primary key,
  times json not null,
  updated_at timestamptz not null default now()
);

-- How many runs a tree of child runs has had so far, its root included.
create table reprise.tree (
  root_id uuid primary key,
  runs int not null
);

-- Somebody has something to tell a run: look at this instance (node -1: at the run). Written in the teller's transaction,
-- removed when the run looks. The message that follows is only faster: from `look_at` on, the watch sends it again.
create table reprise.notice (
  number bigint generated always as identity primary key,
  run_id uuid not null,
  version uuid not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  look_at timestamptz not null default now() + interval '5 seconds'
);
create index notice_run on reprise.notice (run_id, node, at);
create index notice_look_at on reprise.notice (look_at);
