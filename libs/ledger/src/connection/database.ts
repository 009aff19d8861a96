import type { Row, Session } from './session.js';
import 'reflect-metadata';
import { Pool, type PoolClient, types } from 'pg';
import { DataSource } from 'typeorm';
import { entities } from '../entities/index.js';
import { migrations } from '../migrations/index.js';
import { classifyError } from './ledger-error.js';
import { isSameLife, prepareSession } from './prepare-session.js';
import type { Statement } from './statement.js';
import { TransactionSession } from './transaction-session.js';
import { StillInProgress, untilAvailable } from './until-available.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Shows in pg_stat_activity. */
  readonly applicationName: string;
  readonly poolSize: number;
}

const JSON_OID = 114;
const INT8_OID = 20;

/** `json` comes out as the text that was put in (nothing is parsed that nobody reads); bigints are fences and counts, exact below 2^53. */
const parsers = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === JSON_OID) return (text: string) => text;
    if (oid === INT8_OID) return Number;
    return types.getTypeParser(oid, format as 'text');
  },
};

/** Postgres as the engine uses it: TypeORM's data source, its pool for the named hot statements, its repositories for the rest. */
export class Database implements Session {
  readonly source: DataSource;

  constructor(options: DatabaseOptions) {
    this.source = new DataSource({
      type: 'postgres',
      url: options.url,
      schema: 'reprise',
      entities: [...entities],
      migrations: [...migrations],
      migrationsTableName: 'migration',
      applicationName: options.applicationName,
      extra: {
        max: options.poolSize,
        onConnect: prepareSession,
        types: parsers,
        keepAlive: true,
        connectionTimeoutMillis: 5_000,
        pipeline: true,
      },
    });
  }

  async connect(): Promise<void> {
    if (!this.source.isInitialized) await this.source.initialize();
    // An idle connection that breaks would otherwise take the process down; the next query gets a new one.
    this.pool.on('error', () => undefined);
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** One statement, a transaction of its own. A deadlock's victim is run again: nothing of it has happened. */
  async run<Result extends Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Result[]> {
    const query = { name: statement.name, text: statement.text, values: [...values] };
    const result = await persistently(() => this.pool.query(query));
    return result.rows;
  }

  async write(statement: Statement, values: readonly unknown[]): Promise<void> {
    await this.run(statement, values);
  }

  /** One transaction. Deadlocks and serialization failures are run again; the work must be repeatable, which only reads and writes here are. */
  async transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return persistently(() => this.once(work));
  }

  /** Round-trip check for readiness; throws what the driver says. */
  async ping(): Promise<void> {
    await this.pool.query('select 1');
  }

  /** Connections waiting for a free one: back-pressure to show. */
  get waiting(): number {
    return this.pool.waitingCount;
  }

  private async once<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    client.on('error', told);
    const session = new TransactionSession(client);
    let broken: unknown;
    let isOurs = true;
    try {
      const transaction = await begin(client);
      const result = await work(session);
      try {
        await session.commit();
      } catch (error) {
        if (classifyError(error) !== 'unavailable') throw error;
        // Its place first: where all connections die at once, each would wait for one that another holds to ask.
        isOurs = false;
        client.release(true);
        if (!(await this.hasCommitted(transaction, client))) throw error;
      }
      return result;
    } catch (error) {
      const cause = await session.causeOf(error);
      broken = (await rollback(client, cause)) ?? session.isSpoilt;
      throw cause;
    } finally {
      if (isOurs) {
        client.off('error', told);
        client.release(broken instanceof Error ? broken : broken === true);
      }
    }
  }

  /**
   * A commit without an answer has happened or not: the server knows, once it can be asked again. After its death nobody does: the caller
   * hears of a failure, and finds what is there when it comes again.
   */
  private async hasCommitted(transaction: string, before: PoolClient): Promise<boolean> {
    return untilAvailable(async () => {
      const client = await this.pool.connect();
      client.on('error', told);
      try {
        if (!isSameLife(before, client)) return false;
        const { rows } = await client.query<{ status: string | null }>('select pg_xact_status($1::xid8) as status', [
          transaction,
        ]);
        const status = rows[0]?.status ?? null;
        if (status === 'in progress') throw new StillInProgress();
        return status === 'committed';
      } finally {
        client.release(true);
      }
    });
  }

  private get pool(): Pool {
    const { driver } = this.source;
    if (!('master' in driver) || !(driver.master instanceof Pool))
      throw new Error('the Postgres pool is not there yet: connect first');
    return driver.master;
  }
}

const ROUNDS = 5;

async function persistently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let round = 1; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (classifyError(error) !== 'again' || round >= ROUNDS) throw error;
    }
  }
}

/** A connection that breaks between two statements says so by an event, which would end the process; its next statement fails anyway. */
const told = (): void => undefined;

/** Begins, and learns the transaction's id in the same round trip: the one name under which its fate can be asked for later. */
async function begin(client: PoolClient): Promise<string> {
  const results: unknown = await client.query('begin; select pg_current_xact_id()::text as id');
  const last: unknown = Array.isArray(results) ? results.at(-1) : results;
  return (last as { readonly rows: readonly { readonly id: string }[] }).rows[0]?.id ?? '';
}

/** A connection that cannot even roll back is not given to anyone else. */
async function rollback(client: PoolClient, cause: unknown): Promise<unknown> {
  if (classifyError(cause) === 'unavailable') return cause;
  return client.query('rollback').then(
    () => undefined,
    (error: unknown) => error,
  );
}
