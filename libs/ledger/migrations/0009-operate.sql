-- What operators decide of messages, queues and attempts.

-- A dead letter: open → redriving → redriven, or open → discarded. A redrive is decided here before it is sent; `look_at` says when
-- one that is not known to have arrived is sent again.
alter table reprise.dead_letter
  add column state text not null default 'open',
  add column redrive_of uuid,
  add column redrives int not null default 0,
  add column asked_by text,
  add column asked_at timestamptz,
  add column discard_reason text,
  add column last_error text,
  add column look_at timestamptz;
update reprise.dead_letter set state = 'discarded' where settled_at is not null;
alter table reprise.dead_letter
  drop column settled_as,
  add constraint dead_letter_state check (state in ('open', 'redriving', 'redriven', 'discarded')),
  add constraint dead_letter_settled check ((settled_at is not null) = (state in ('redriven', 'discarded'))),
  add constraint dead_letter_look check ((look_at is not null) = (state = 'redriving'));
create index dead_letter_look on reprise.dead_letter (look_at) where look_at is not null;

-- A task queue that was paused, and by whom; paused while `resumed_at` is null. A claim looks here.
create table reprise.queue_pause (
  queue text primary key,
  paused_at timestamptz not null default now(),
  paused_by text not null,
  reason text,
  resumed_at timestamptz,
  resumed_by text
);

-- What attempts have written: each row is what was new when it was stored. Gone with its run.
create table reprise.attempt_log (
  run_id uuid not null,
  node int not null,
  at text collate "C" not null,
  attempt int not null,
  fence bigint not null,
  part int not null,
  lines json not null,
  -- Lines left out before those of this row.
  skipped int not null default 0,
  primary key (run_id, node, at, attempt, fence, part)
) partition by range (run_id);
