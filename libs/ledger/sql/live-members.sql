-- Live services of one kind (null: all). $1 service.
select id, service, info, reprise.ms(started_at) as started_at, reprise.ms(lease_until) as lease_until
from reprise.member
where lease_until > now() and ($1::text is null or service = $1)
order by id
