-- The windows of rate limits. $1 keys.
select key, times from reprise.rate where key = any($1::text[])
