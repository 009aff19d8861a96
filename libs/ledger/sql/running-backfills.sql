-- Backfills with something to do, oldest first: a run of theirs has ended, or another one may start. $1 how many.
select b.id from reprise.backfill as b
where b.state = 'running' and (
  (b.next_instant is not null and cardinality(b.open_runs) < b.parallel and b.next_start_at <= now())
  or (b.next_instant is null and b.open_runs = '{}')
  or (select count(*) from reprise.run where id = any (b.open_runs) and ended_at is null) < cardinality(b.open_runs)
)
order by b.id
limit $1
