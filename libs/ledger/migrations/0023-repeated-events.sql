-- Trigger events that came again, under a source and id seen before: with the same content (`duplicate`) or another one (`conflict`). One row
-- for each of the two, however often: a sender that repeats itself for ever fills nothing. `fingerprint`: of what came last.
-- Their numbers are from the sequence of the events themselves: one list, in one order.
create table reprise.repeated_event (
  source text collate "C" not null,
  id text collate "C" not null,
  outcome text not null,
  type text not null,
  subject text,
  fingerprint text not null,
  reason text not null,
  count bigint not null,
  received_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  number bigint not null default nextval('reprise.trigger_event_number_seq'),
  primary key (source, id, outcome),
  constraint repeated_event_outcome check (outcome in ('duplicate', 'conflict'))
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
create index repeated_event_number on reprise.repeated_event (number);
create index repeated_event_outcome_number on reprise.repeated_event (outcome, number);
create index repeated_event_type on reprise.repeated_event (type, number);
