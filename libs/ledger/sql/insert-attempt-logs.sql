-- New lines of attempts, one array a column; a part that is there already is left as it is. $1 runs, $2 nodes, $3 ats, $4 attempts,
-- $5 fences, $6 parts, $7 lines, $8 how many lines were left out before them.
insert into reprise.attempt_log (run_id, node, at, attempt, fence, part, lines, skipped)
select * from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::bigint[], $6::int[], $7::json[], $8::int[])
on conflict do nothing
