-- Leadership is a lease row, not a session lock: poolers would break that. One row back: we lead. $1 role, $2 who, $3 lease in milliseconds.
insert into reprise.member as m (id, service, info, lease_until)
values ('leader:' || $1::text, 'leader', jsonb_build_object('holder', $2::text), now() + $3::float8 * interval '1 millisecond')
on conflict (id) do update set info = excluded.info, lease_until = excluded.lease_until
where m.lease_until <= now() or m.info->>'holder' = $2
returning id
