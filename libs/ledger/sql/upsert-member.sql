-- A live service says so; how far its clock is from this one is noted where it tells its own. $1 id, $2 service, $3 info, $4 lease in milliseconds.
insert into reprise.member (id, service, info, lease_until)
values (
  $1, $2,
  $3::jsonb || case when $3::jsonb ? 'clockMs'
    then jsonb_build_object('clockOffsetMs', round(($3::jsonb ->> 'clockMs')::numeric - (extract(epoch from clock_timestamp()) * 1000)::numeric))
    else '{}' end,
  now() + $4::float8 * interval '1 millisecond'
)
on conflict (id) do update set info = excluded.info, lease_until = excluded.lease_until
