-- What is asked of many runs at once.

-- Its runs are those that match the filter and were there when it was asked for; it walks them from the newest to the oldest. The step that
-- asks something of a few of them moves `below` on in the same transaction, so that none is asked twice, whoever dies when.
create table reprise.batch (
  id uuid primary key,
  action text not null,
  filter jsonb not null,
  -- Runs of a second.
  rate int not null,
  state text not null default 'running',
  -- How many runs matched when it was asked for.
  matched int not null,
  done int not null default 0,
  -- How many, by reason.
  skipped jsonb not null default '{}',
  failed jsonb not null default '{}',
  -- The ids that are still to come.
  below uuid not null,
  next_at timestamptz not null default now(),
  reason text,
  asked_by text,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint batch_action check (action in ('cancel', 'retry', 'rerun', 'pause', 'resume')),
  constraint batch_state check (state in ('running', 'done', 'cancelled')),
  constraint batch_ended check ((state = 'running') = (ended_at is null))
);
create index batch_running on reprise.batch (next_at) where state = 'running';
