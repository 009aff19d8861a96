import type { DatabaseFacts, DatabaseReached, SkippedCheck } from '@reprise/contracts';
import type { Database } from '../connection/database.js';
import { ASKED_SETTINGS } from '../connection/prepare-session.js';
import type { Row } from '../connection/session.js';
import { type Statement, statement } from '../connection/statement.js';
import { migrations } from '../migrations/index.js';
import { expectedIndexes } from './expected-indexes.js';
import { partitionWeeks } from './partitions.js';

export interface Examined<Facts> {
  readonly facts: Facts;
  readonly skipped: readonly SkippedCheck[];
}

const SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'track_counts'];
const WEEK_MS = 7 * 24 * 3_600_000;

interface ServerRow extends Row {
  readonly version: number;
  readonly recovery: boolean;
  readonly read_only: boolean;
  readonly used: number;
  readonly most: number;
  readonly xid_age: number;
  readonly activity_hidden: boolean;
  readonly now_ms: number;
}

/** Gathers what the doctor's rules about the database want to know. It judges nothing, changes nothing, and never rejects. */
export class ExamineDatabase {
  private skipped: SkippedCheck[] = [];

  /** `nowMs`: this machine's clock. */
  constructor(
    private readonly database: Database,
    private readonly poolSize: number,
    private readonly nowMs: () => number,
  ) {}

  async examine(): Promise<Examined<DatabaseFacts>> {
    this.skipped = [];
    try {
      return { facts: await this.reached(), skipped: this.skipped };
    } catch (error) {
      return { facts: { kind: 'unreachable', reason: reasonOf(error) }, skipped: [] };
    }
  }

  private async reached(): Promise<DatabaseReached> {
    if (!this.database.source.isInitialized) await this.database.connect();
    const askedAt = this.nowMs();
    const [server] = await this.database.run<ServerRow>(statement('doctor-server'), []);
    const answeredAt = this.nowMs();
    if (server === undefined) throw new Error('it answered without a row');
    const applied = await this.applied();
    const known: readonly string[] = migrations.map((migration) => new migration().name);
    return {
      kind: 'reached',
      version: server.version,
      readOnly: { recovery: server.recovery, setting: server.read_only },
      settings: await this.settings(SETTINGS),
      droppedSettings: await this.droppedSettings(),
      transactionPooling: await this.hasTransactionPooling(),
      activityHidden: server.activity_hidden,
      connections: { used: server.used, most: server.most, poolSize: this.poolSize },
      pendingMigrations: known.filter((name) => !applied.includes(name)),
      unknownMigrations: applied.filter((name) => !known.includes(name)),
      ...(await this.indexes()),
      tables: await this.ask<{ name: string; live: number; dead: number }>(statement('doctor-tables')),
      partitions: await this.partitions(server.now_ms),
      transactions: await this.transactions(),
      prepared: (await this.ask<{ name: string; age_ms: number }>(statement('doctor-prepared'))).map(({ name, age_ms }) => ({
        name,
        ageMs: age_ms,
      })),
      slots: await this.slots(),
      xidAge: server.xid_age,
      clock: { offsetMs: server.now_ms - (askedAt + answeredAt) / 2, errorMs: (answeredAt - askedAt) / 2 },
    };
  }

  /** A part that cannot be asked for is told as skipped, the others still count. */
  private async ask<Result extends Row>(asked: Statement, values: readonly unknown[] = []): Promise<readonly Result[]> {
    try {
      return await this.database.run<Result>(asked, values);
    } catch (error) {
      const enable = 'apply pending migrations, or grant the login of DATABASE_URL what is missing';
      this.skipped.push({ check: asked.name.replace(/^doctor-/, 'database: '), why: reasonOf(error), enable });
      return [];
    }
  }

  /** Without the table nothing was ever applied. */
  private async applied(): Promise<readonly string[]> {
    try {
      const rows = await this.database.run<{ name: string }>(statement('doctor-migrations'), []);
      return rows.map(({ name }) => name);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  private async settings(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const rows = await this.ask<{ name: string; setting: string }>(statement('doctor-settings'), [names]);
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  }

  private async droppedSettings(): Promise<readonly string[]> {
    const inForce = await this.settings(Object.keys(ASKED_SETTINGS));
    return Object.entries(ASKED_SETTINGS).flatMap(([name, value]) => (inForce[name] === value ? [] : [`${name}=${value}`]));
  }

  /** Two sessions at once, one of them in a transaction: a server gives them two processes, a pooler by the transaction may give them one. */
  private async hasTransactionPooling(): Promise<boolean> {
    const [idle, busy] = [this.database.source.createQueryRunner(), this.database.source.createQueryRunner()];
    try {
      await idle.connect();
      await busy.connect();
      const first = await pidOf(idle);
      await busy.startTransaction();
      const held = await pidOf(busy);
      const again = await pidOf(idle);
      await busy.rollbackTransaction();
      return first === held || first !== again;
    } finally {
      await Promise.all([idle.release(), busy.release()]);
    }
  }

  private async indexes(): Promise<Pick<DatabaseReached, 'missingIndexes' | 'invalidIndexes'>> {
    const there = await this.ask<{ name: string; table: string; valid: boolean }>(statement('doctor-indexes'));
    // No index at all: there is no ledger yet, and pending migrations say so.
    const missing = there.length === 0 ? [] : expectedIndexes().filter(({ name }) => !there.some((index) => index.name === name));
    return { missingIndexes: missing, invalidIndexes: there.filter(({ valid }) => !valid) };
  }

  private async partitions(nowMs: number): Promise<DatabaseReached['partitions']> {
    const strays = (await this.ask<{ name: string }>(statement('doctor-strays'))).map(({ name }) => name);
    const weeks = await partitionWeeks(this.database).catch(() => new Map<string, number>());
    return [...weeks].map(([table, endMs]) => ({
      table,
      weeksAhead: Math.floor((endMs - nowMs) / WEEK_MS),
      strayRows: strays.includes(table),
    }));
  }

  private async transactions(): Promise<DatabaseReached['transactions']> {
    type TransactionRow = { pid: number; user: string; application: string; state: string; age_ms: number };
    const rows = await this.ask<TransactionRow>(statement('doctor-transactions'));
    return rows.map(({ age_ms: ageMs, ...row }) => ({ ...row, ageMs }));
  }

  private async slots(): Promise<DatabaseReached['slots']> {
    type SlotRow = { name: string; active: boolean; lost: boolean; retained_bytes: number };
    const rows = await this.ask<SlotRow>(statement('doctor-slots'));
    return rows.map(({ retained_bytes: retainedBytes, ...row }) => ({ ...row, retainedBytes }));
  }
}

async function pidOf(runner: { query(text: string): Promise<unknown> }): Promise<number> {
  const rows = (await runner.query('select pg_backend_pid() as pid')) as readonly { readonly pid: number }[];
  return rows[0]?.pid ?? 0;
}

const UNDEFINED_TABLE = '42P01';

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;

/** `localhost` that refuses on both address families gives an AggregateError without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
