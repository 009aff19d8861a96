import type { QueryRunner } from 'typeorm';

/**
 * Swept early: every run leaves two dead rows or more, each of its tasks another, and dead entries in the indexes of what is open or due.
 * With 15,000 dead rows of runs the gauges read 107 pages, with 100,000 they read 373; sweeping 200,000 rows with so many dead takes 0.4 s.
 */
const SWEPT_EARLY =
  'autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02';

/**
 * Room on the page for the updates that follow an insert, so that they stay HOT; dead versions are swept early.
 * A batch may claim every row of a page at once, and a claimed row is a third longer: at 60 that left 57 % of the claims HOT, at 50 87 %,
 * at 40 all of them and the renewals after them, in a table no larger.
 */
export function weekStorage(table: 'run' | 'task' | 'attempt' | 'effect' | 'attempt_log'): string {
  switch (table) {
    case 'task':
      return `fillfactor = 40, ${SWEPT_EARLY}`;
    case 'run':
      return `fillfactor = 60, ${SWEPT_EARLY}`;
    case 'effect':
      return 'fillfactor = 50';
    case 'attempt':
    case 'attempt_log':
      return 'fillfactor = 100';
  }
}

/**
 * What is new in the index of labels waits in a list, which every look at a label reads from end to end: by default until it has 4 MB, 512 pages.
 * With 32 of them starts write 4 % more WAL.
 */
const LABELS_WAITING = 'gin_pending_list_limit = 256';

/** Made before the week is attached, which takes it over as its part of the table's index. */
export const labelIndex = (week: string): string =>
  `create index ${week}_labels_idx on reprise.${week} using gin (labels jsonb_path_ops) with (${LABELS_WAITING});`;

/** The weeks that are there already are swept as new ones will be. Waits for no reader and no writer. */
export async function storeWeeks(runner: QueryRunner): Promise<void> {
  const rows: readonly { name: string }[] = await runner.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = any('{reprise.run,reprise.task}'::regclass[]) order by 1`,
  );
  for (const { name } of rows) await runner.query(`alter table ${name} set (${SWEPT_EARLY})`);
  const labels: readonly { name: string }[] = await runner.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'reprise.run_labels'::regclass order by 1`,
  );
  for (const { name } of labels) await runner.query(`alter index ${name} set (${LABELS_WAITING})`);
}
