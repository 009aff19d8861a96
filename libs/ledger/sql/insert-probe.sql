-- What probes of a poll are runs of, unless it is there already. $1 id, $2 name, $3 hash, $4 document.
insert into reprise.workflow (id, name, number, version, hash, document)
select $1::uuid, $2::text, coalesce(max(number), 0) + 1, null, $3::text, $4::json from reprise.workflow where name = $2
on conflict do nothing
