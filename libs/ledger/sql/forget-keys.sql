-- Forgets business keys whose time is over. One that is being taken just now is left to its taker. By where the rows lie, which the locks keep
-- as it is: joined by their key, many at once would be looked for among all. $1 how many.
with gone as (
  delete from reprise.idempotency
  where ctid = any(array(
    select ctid from reprise.idempotency where expires_at <= now() order by expires_at limit $1 for update skip locked
  ))
  returning key
)
select count(*)::int as gone from gone
