-- How what calls depend on is doing (the core's Dependency): its breaker, its last seconds. `troubled`: its breaker is not closed.
create table reprise.dependency (
  name text collate "C" primary key,
  state json not null,
  troubled boolean not null,
  updated_at timestamptz not null default now()
);
create index dependency_troubled on reprise.dependency (name) where troubled;

-- Attempts of handlers of which only so many may run at the same time, and those that wait for one to end, the first in line first.
create table reprise.place (
  call text collate "C" not null,
  run_id uuid not null,
  version uuid not null,
  node int not null,
  at text collate "C" not null,
  fence bigint not null,
  state text not null,
  most int not null,
  number bigint generated always as identity,
  primary key (run_id, node, at),
  constraint place_state check (state in ('held', 'waiting'))
);
create index place_by_call on reprise.place (call, state, number);
