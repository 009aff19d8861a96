-- Something asked of many runs. $1 id, $2 action, $3 filter, $4 rate, $5 how many match, $6 the id that all of theirs are below, $7 reason,
-- $8 who, $9 when (epoch ms).
insert into reprise.batch (id, action, filter, rate, matched, below, reason, asked_by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, reprise.at_ms($9::float8))
