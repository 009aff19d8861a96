-- Forgets dead letters that were settled long ago. $1 settled before (epoch ms), $2 the smallest id of that time, $3 how many.
with gone as (
  delete from reprise.dead_letter
  where id = any(array(
    select id from reprise.dead_letter where id < $2::uuid and settled_at < to_timestamp($1::float8 / 1000) order by id limit $3
  )) and settled_at is not null
  returning id
)
select count(*)::int as gone from gone
