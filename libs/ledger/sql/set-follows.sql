-- Whose ends start runs of a workflow. $1 the workflow, $2 those it follows.
with gone as (
  delete from reprise.follow where follower = $1 and name <> all ($2::text[])
)
insert into reprise.follow (name, follower) select name, $1 from unnest($2::text[]) as d (name) on conflict do nothing
