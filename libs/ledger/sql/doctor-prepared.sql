-- The oldest transactions that were prepared and not ended.
select gid as name, (extract(epoch from now() - prepared) * 1000)::float8 as age_ms
from pg_prepared_xacts where database = current_database() order by prepared limit 5
