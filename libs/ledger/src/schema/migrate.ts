import { SHARDS } from '@reprise/contracts';
import type { QueryRunner } from 'typeorm';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { ensurePartitions } from './partitions.js';

const LOCK = 'reprise.migrations';

/**
 * Brings the schema up to date; safe when every service does so at once: one migrates, the others wait.
 * The lock is polled: a session that blocks on an advisory lock holds a snapshot, which CREATE INDEX CONCURRENTLY would wait for.
 */
export async function migrate(database: Database): Promise<number> {
  const runner = database.source.createQueryRunner();
  await runner.connect();
  try {
    await checkSessions(database, runner);
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

/**
 * Prepared statements, the settings of a session and the lock of the migrations are all a session's. Two connections that are open at
 * once and say that they are one backend are none: a pooler hands it to whoever comes. A busy one may get past this; see the guide.
 */
async function checkSessions(database: Database, runner: QueryRunner): Promise<void> {
  const ask = 'select pg_backend_pid() as pid';
  const own = (await runner.query(ask)) as readonly { pid: number }[];
  const other = (await database.source.query(ask)) as readonly { pid: number }[];
  if (own[0]?.pid === other[0]?.pid) throw new PooledByTransactionError();
}

export class PooledByTransactionError extends Error {
  readonly code = 'POOLED_BY_TRANSACTION';
  constructor() {
    super(
      'the pooler in front of Postgres gives out a connection for each transaction, Reprise needs one for each session: set pool_mode = session, or let DATABASE_URL name Postgres itself',
    );
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
