-- The windows of rate limits as they are now. $1 keys, $2 windows.
insert into reprise.rate (key, times)
select key, times from unnest($1::text[], $2::json[]) as d (key, times)
on conflict (key) do update set times = excluded.times, updated_at = now()
