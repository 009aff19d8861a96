-- Every process that has said it is alive in the last hour, with how long its lease has still to go.
select id, service, info, (extract(epoch from lease_until - now()) * 1000)::float8 as lease_ms
from reprise.member where lease_until > now() - interval '1 hour' order by service, id
