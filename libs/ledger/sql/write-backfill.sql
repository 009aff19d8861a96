-- How far a backfill has come. $1 id, $2 next instant, $3 when it may start the next, $4 open runs, $5 started, $6 existing, $7 unmatched,
-- $8 rejected, $9 whether it is done.
update reprise.backfill set next_instant = reprise.at_ms($2), next_start_at = reprise.at_ms($3), open_runs = $4::uuid[],
  started = started + $5, existing = existing + $6, unmatched = unmatched + $7, rejected = rejected + $8,
  state = case when $9 then 'done' else state end, ended_at = case when $9 then now() end
where id = $1
