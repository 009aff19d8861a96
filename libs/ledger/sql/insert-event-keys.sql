-- What the `match` of every interest makes of kept events. $1 interests, $2 keys, $3 numbers.
insert into reprise.event_key (interest, key, number)
select interest, key, number from unnest($1::uuid[], $2::text[], $3::bigint[]) as d (interest, key, number)
