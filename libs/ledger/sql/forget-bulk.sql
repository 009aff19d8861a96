-- Forgets backfills and batches that ended long ago. $1 ended before (epoch ms).
with backfills as (
  delete from reprise.backfill where ended_at < to_timestamp($1::float8 / 1000) returning id
), batches as (
  delete from reprise.batch where ended_at < to_timestamp($1::float8 / 1000) returning id
)
select (select count(*) from backfills)::int + (select count(*) from batches)::int as gone
