-- A live service says so. $1 id, $2 service, $3 info, $4 lease in milliseconds.
insert into reprise.member (id, service, info, lease_until) values ($1, $2, $3, now() + $4::float8 * interval '1 millisecond')
on conflict (id) do update set info = excluded.info, lease_until = excluded.lease_until
