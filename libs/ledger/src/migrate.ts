import { SHARDS } from '@reprise/contracts';
import type { Database } from './database.js';
import { ensurePartitions } from './partitions.js';
import { statement } from './statement.js';

const LOCK = 'reprise.migrations';

/**
 * Brings the schema up to date; safe when every service does so at once: one migrates, the others wait.
 * The lock is polled: a session that blocks on an advisory lock holds a snapshot, which CREATE INDEX CONCURRENTLY would wait for.
 */
export async function migrate(database: Database): Promise<number> {
  const runner = database.source.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('create schema if not exists reprise').catch(ignoreRace);
    await acquire(() => runner.query('select pg_try_advisory_lock(hashtext($1)) as ok', [LOCK]));
    const applied = await database.source.runMigrations({ transaction: 'each' });
    await ensurePartitions(database);
    await checkShards(database);
    return applied.length;
  } finally {
    await runner.query('select pg_advisory_unlock(hashtext($1))', [LOCK]).catch(() => undefined);
    await runner.release();
  }
}

/** Runs are divided over a fixed number of inboxes: another number would send a run's messages where nobody expects them. */
async function checkShards(database: Database): Promise<void> {
  const rows = await database.run<{ shards: number }>(statement('fix-shards'), [SHARDS]);
  const fixed = rows[0]?.shards ?? SHARDS;
  if (fixed !== SHARDS) throw new ShardsMismatchError(fixed);
}

export class ShardsMismatchError extends Error {
  readonly code = 'SHARDS_MISMATCH';
  constructor(fixed: number) {
    super(
      `this ledger was made for ${fixed} shards, this build of Reprise has ${SHARDS}: start the build that made it, or use a new database`,
    );
  }
}

async function acquire(tryLock: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const rows = (await tryLock()) as readonly { ok: boolean }[];
    if (rows[0]?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Two sessions that create the same schema at once: one gets 23505 although it said IF NOT EXISTS. */
function ignoreRace(error: unknown): void {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === '23505') return;
  throw error;
}
