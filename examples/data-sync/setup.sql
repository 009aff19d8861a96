-- The target of the synchronisation, beside the ledger (psql "$DATABASE_URL" -f examples/data-sync/setup.sql). Starts anew each time.
drop schema if exists data_sync cascade;
create schema data_sync;

create table data_sync.city (
  id int primary key,
  name text not null,
  country text not null,
  feature text not null,
  population bigint not null,
  latitude numeric(8, 5) not null,
  longitude numeric(8, 5) not null
);

-- One row each time a page was applied. No key and no constraint: that there is one row per page is to be counted, not forced.
create table data_sync.sync_page (
  run uuid not null,
  page int not null,
  rows int not null,
  applied_at timestamptz not null default clock_timestamp()
);

-- `sql` tasks on `connection: ledger` log in as a role of their own, which may do what it has been granted and nothing else.
do $$
declare
  login text := (select value->>'user' from reprise.setting where name = 'sql_role');
begin
  if login is null then
    raise exception 'Reprise has no login for sql tasks here: is this the database it uses, and has it been started once?';
  end if;
  execute format('grant usage on schema data_sync to %I', login);
  execute format('grant select, insert, update on data_sync.city to %I', login);
  execute format('grant select, insert on data_sync.sync_page to %I', login);
end
$$;
