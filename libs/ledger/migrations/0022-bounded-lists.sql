-- Runs of one workflow that have failed or were cancelled: without it, a workflow that has none passes over those of all others.
-- Only the ends of such runs write to it. Each partition's part is made beside the work (src/migrations/index-partitions.ts).
create index if not exists run_failed_of_workflow on only reprise.run (workflow, status, id) where status in ('failed', 'cancelled');

-- Half a million events with a hundred thousand dead ones before them: retention read 290 pages to find the next that goes, and 644 for keys.
-- By default a table of that size is swept at that many; so it is at ten thousand. The same for what the planner knows of them.
alter table reprise.trigger_event set (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
alter table reprise.idempotency set (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
