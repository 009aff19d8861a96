-- What runs users' SQL next to the ledger logs in as a role of its own (a role switched inside a session can be switched back).
-- The one thing of Reprise within its reach is this function.
revoke all on schema reprise from public;

-- Writes an attempt's outcome, for whoever holds its claim while the lease lasts. Otherwise it raises RP001, so that everything
-- else in the transaction is undone with it. Once an attempt: what is recorded is not recorded over.
-- The row stays locked until the commit: nobody can find the attempt lost while its effect is being committed.
create function reprise.record_outcome(run uuid, node int, at text, fence bigint, claim uuid, outcome json) returns void
  language plpgsql security definer set search_path = reprise, pg_temp set plan_cache_mode = force_custom_plan as
$$
begin
  -- clock_timestamp(): now() is when the transaction began, and the lease may have ended since.
  update reprise.task as t set recorded = record_outcome.outcome
  where t.run_id = record_outcome.run and t.node = record_outcome.node and t.at = record_outcome.at
    and t.status = 'running' and t.fence = record_outcome.fence and t.claim = record_outcome.claim
    and t.lease_until > clock_timestamp() and t.recorded is null;
  if not found then
    raise exception 'this attempt no longer holds its claim, or its outcome is recorded already' using errcode = 'RP001';
  end if;
end
$$;
revoke all on function reprise.record_outcome(uuid, int, text, bigint, uuid, json) from public;

-- Creates the login, or gives it a new password; what came of it is in the setting `sql_role`.
-- Roles belong to the cluster, so the name carries the database's. Call it again after granting what was missing.
create function reprise.ensure_sql_login() returns void language plpgsql set search_path = reprise, pg_temp as
$$
declare
  login text := 'reprise_sql_' || left(regexp_replace(current_database(), '[^A-Za-z0-9_]', '_', 'g'), 40)
    || '_' || left(md5(current_database()), 8);
  secret text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  result jsonb;
begin
  begin
    if not exists (select from pg_roles where rolname = login) then
      execute format('create role %I login password %L', login, secret);
    elsif exists (select from pg_roles as r where pg_has_role(login, r.oid, 'member')
        and (r.rolsuper or r.rolcreaterole or r.rolreplication or r.rolbypassrls or r.rolname = current_user)) then
      raise exception 'role % exists and may do more than it should', login using errcode = 'insufficient_privilege';
    else
      execute format('alter role %I login password %L', login, secret);
    end if;
    execute format('grant connect on database %I to %I', current_database(), login);
    execute format('grant usage on schema reprise to %I', login);
    execute format('grant execute on function reprise.record_outcome(uuid, int, text, bigint, uuid, json) to %I', login);
    result := jsonb_build_object('kind', 'ready', 'user', login, 'password', secret);
  exception when insufficient_privilege or duplicate_object then
    result := jsonb_build_object('kind', 'missing', 'user', login, 'reason', sqlerrm);
  end;
  insert into reprise.setting (name, value) values ('sql_role', result)
  on conflict (name) do update set value = excluded.value, updated_at = now();
end
$$;
revoke all on function reprise.ensure_sql_login() from public;

select reprise.ensure_sql_login();
