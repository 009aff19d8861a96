-- The outcome, in the transaction of the effect. No row: this is another transaction than the one that was begun.
-- Names are qualified, as the session's search path may be anything by now.
-- $1 run, $2 node, $3 at, $4 fence, $5 claim, $6 outcome, $7 the transaction's number.
select reprise.record_outcome($1::pg_catalog.uuid, $2::pg_catalog.int4, $3::pg_catalog.text, $4::pg_catalog.int8, $5::pg_catalog.uuid, $6::pg_catalog.json)
where pg_catalog.pg_current_xact_id()::pg_catalog.text operator(pg_catalog.=) $7::pg_catalog.text
