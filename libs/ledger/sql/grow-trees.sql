-- Counts new child runs of trees; returns how many each has now. Sorted by root, so that two triggers cannot deadlock.
-- $1 roots, $2 how many more.
insert into reprise.tree (root_id, runs)
select root_id, 1 + more from unnest($1::uuid[], $2::int[]) as d (root_id, more) order by root_id
on conflict (root_id) do update set runs = tree.runs + excluded.runs - 1
returning root_id, runs
