-- Whose ends start runs of whom: kept in step with the current version of the follower.
create table reprise.follow (
  name text not null,
  follower text not null,
  primary key (name, follower)
);
create index follow_follower on reprise.follow (follower);

-- Ends of followed runs that nobody has acted on yet. Written in the transaction that ends the run, removed in the one that starts
-- what follows.
create table reprise.completion (
  run_id uuid not null,
  status text not null,
  workflow text not null,
  ended_at timestamptz not null,
  primary key (run_id, status)
);
