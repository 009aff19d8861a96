-- Forgets services that have not been heard of for a day, and commands to runs that are gone: a run may be deleted while somebody asks it for something.
with members as (
  delete from reprise.member where lease_until < now() - interval '1 day' returning id
), commands as (
  delete from reprise.command as c
  where c.applied_at is null and c.created_at < now() - interval '1 minute'
    and (select true from reprise.run as r where r.id = c.run_id offset 0) is null
  returning id
)
select (select count(*) from members)::int + (select count(*) from commands)::int as gone
