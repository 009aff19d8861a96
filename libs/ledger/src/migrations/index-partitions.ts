import type { QueryRunner } from 'typeorm';
import { withoutTimeout } from './without-timeout.js';

const UNDEFINED_TABLE = '42P01';

/**
 * Builds what an index of a partitioned table (made ON ONLY it) lacks, one partition after the other and beside the work: `create index` on
 * the whole of it would keep every start waiting until the last row of all weeks is read. Not in a transaction; what an interrupted try has
 * left is made again. Partitions that are added meanwhile have theirs from the start.
 */
export async function indexPartitions(
  runner: QueryRunner,
  { index, table }: { readonly index: string; readonly table: string },
): Promise<void> {
  const [asked] = await runner.query(`select pg_get_indexdef('reprise.${index}'::regclass) as definition`);
  const columns = String(asked.definition).replace(/^CREATE INDEX \S+ ON ONLY \S+ /, '');
  await withoutTimeout(runner, async () => {
    for (const partition of await lacking(runner, index, table)) {
      const own = `${partition}${index.slice(table.length)}`;
      try {
        await runner.query(`drop index concurrently if exists reprise.${own}`);
        await runner.query(`create index concurrently ${own} on reprise.${partition} ${columns}`);
        await runner.query(`alter index reprise.${index} attach partition reprise.${own}`);
      } catch (error) {
        // Retention has dropped the week.
        if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
      }
    }
  });
}

async function lacking(runner: QueryRunner, index: string, table: string): Promise<readonly string[]> {
  const rows: readonly { name: string }[] = await runner.query(
    `select part.relname as name from pg_inherits as of_table join pg_class as part on part.oid = of_table.inhrelid
     where of_table.inhparent = 'reprise.${table}'::regclass and not exists (
       select from pg_index as i join pg_inherits as of_index on of_index.inhrelid = i.indexrelid
       where i.indrelid = part.oid and of_index.inhparent = 'reprise.${index}'::regclass)
     order by 1`,
  );
  return rows.map(({ name }) => name);
}
