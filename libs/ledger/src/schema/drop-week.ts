import type { EntityManager } from 'typeorm';
import { withBriefLock } from '../connection/brief-lock.js';
import type { Database } from '../connection/database.js';
import { classifyError } from '../connection/ledger-error.js';
import { statement } from '../connection/statement.js';
import { lockPartitions, PARTITIONED, partitionName } from './partitions.js';
import type { RunRange } from './week-ranges.js';

/**
 * Why a week of runs stays. `open`: one has not ended. `young`: one ended too late. `untold`, `more`: an end is not announced, or there are rows
 * of it in other tables. `child`: a parent in another week. `parked`, `doubt`: it waits for a person. `busy`: its tables are in use.
 */
export type WeekObstacle = 'open' | 'young' | 'untold' | 'more' | 'child' | 'parked' | 'doubt' | 'busy';

const TRIES = 8;
/** For all locks together; nobody is held up for longer. */
const LOCKED_WITHIN_MS = 200;

/**
 * Drops the partitions of a week, all of them at once, if none of its runs must stay; null: they are gone. Finding out takes as long as it
 * takes, without a lock; under it only indexes are read. `beforeCommit` is for tests.
 */
export async function dropWeek(
  database: Database,
  range: RunRange & { readonly weekMs: number },
  endedBefore: number,
  beforeCommit: () => unknown = () => undefined,
): Promise<WeekObstacle | null> {
  const found = await database.source.transaction(async (manager) => {
    await manager.query(`set local statement_timeout = '10min'`);
    return obstacle(manager, range, endedBefore, false);
  });
  if (found !== null) return found;
  try {
    return await withBriefLock(database, TRIES, async (manager) => {
      await lockPartitions(manager);
      const names = PARTITIONED.map((table) => partitionName(table, range.weekMs));
      if (!(await areThere(manager, names))) return null;
      await lockTables(manager, names);
      const changed = await obstacle(manager, range, endedBefore, true);
      if (changed !== null) return changed;
      await manager.query(`drop table ${names.map((name) => `reprise.${name}`).join(', ')}`);
      await beforeCommit();
      return null;
    });
  } catch (error) {
    if (classifyError(error) !== 'again') throw error;
    return 'busy';
  }
}

async function areThere(manager: EntityManager, names: readonly string[]): Promise<boolean> {
  const rows: readonly unknown[] = await manager.query(
    `select from pg_class where relnamespace = 'reprise'::regnamespace and relname = any($1::text[])`,
    [names],
  );
  return rows.length === names.length;
}

/** Whose partition goes, whose default partition gets its range, and the partition itself. What is looked at under these locks is looked up. */
async function lockTables(manager: EntityManager, names: readonly string[]): Promise<void> {
  const parents = PARTITIONED.map(({ name }) => `only reprise.${name}`);
  const leaves = [...PARTITIONED.map(({ name }) => `${name}_default`), ...names].map((name) => `reprise.${name}`);
  await manager.query(`
    set local statement_timeout = ${LOCKED_WITHIN_MS};
    lock table ${[...parents, ...leaves].join(', ')} in access exclusive mode;
    set local statement_timeout = 5000;
    set local enable_seqscan = off`);
}

async function obstacle(
  manager: EntityManager,
  { from, below }: RunRange,
  endedBefore: number,
  onlyChanged: boolean,
): Promise<WeekObstacle | null> {
  const rows: readonly { readonly obstacle: WeekObstacle | null }[] = await manager.query(statement('week-obstacle').text, [
    from,
    below,
    endedBefore,
    onlyChanged,
  ]);
  return rows[0]?.obstacle ?? null;
}
