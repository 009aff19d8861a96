-- How dependencies are doing now. $1 names, $2 states, $3 whether their breaker is not closed.
insert into reprise.dependency (name, state, troubled)
select name, state, troubled from unnest($1::text[], $2::json[], $3::boolean[]) as d (name, state, troubled)
on conflict (name) do update set state = excluded.state, troubled = excluded.troubled, updated_at = now()
