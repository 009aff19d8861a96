-- The number of shards this ledger was made for: the first to start fixes it. $1 how many this build has.
with fixed as (
  insert into reprise.setting (name, value) values ('shards', to_jsonb($1::int)) on conflict (name) do nothing returning value
)
select coalesce((select value from fixed), (select value from reprise.setting where name = 'shards'))::int as shards
