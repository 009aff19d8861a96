import type { ClaimId, Fence, JsonText } from '@reprise/core';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import type { Database } from '../connection/database.js';
import { classifyError } from '../connection/ledger-error.js';
import { statement } from '../connection/statement.js';
import type { RunAddress } from '../runs/run-address.js';
import { checkLogin, SqlLogin } from './sql-login.js';
import { giveBack, surviveLostConnections } from './user-sql.js';
import { UserSqlError } from './user-sql-error.js';
import { UserTransaction } from './user-transaction.js';

export interface TransactionRunnerOptions {
  /** Asked for the login, and for the fate of a commit that got no answer. */
  readonly database: Database;
  readonly databaseUrl: string;
  /** A login of the operator's own instead of the one the migration made. */
  readonly sqlUrl?: string | null;
  readonly poolSize: number;
  /** Text of one statement's result at most. Default 16 MiB. */
  readonly maximumResultBytes?: number;
}

export interface TransactionLimits {
  /** Aborted: the running statement is cancelled and nothing commits. */
  readonly signal?: AbortSignal;
  /** For each statement. Default 30,000. */
  readonly statementTimeoutMs?: number;
}

interface Held {
  readonly address: RunAddress;
  readonly fence: Fence;
  readonly claim: ClaimId;
}

const STALE = 'RP001';
/** The work has taken no notice of a statement's failure. */
const FAILED_BEFORE = '25P02';
const LOGIN_REFUSED = new Set(['28000', '28P01']);
const LOOK_UPS = 12;

/** Runs users' work and the attempt's outcome in one transaction, as a role that sees nothing of Reprise. */
export class TransactionRunner {
  private readonly login: SqlLogin;
  private open: { readonly pool: Pool; readonly config: ClientConfig } | null = null;

  constructor(private readonly options: TransactionRunnerOptions) {
    this.login = new SqlLogin(options.database, options.databaseUrl, options.sqlUrl ?? null);
  }

  /**
   * What `work` writes, and the outcome made of what it returns, commit together or not at all. Throws what `work` or the database throws
   * (then nothing was written), or a UserSqlError: `STALE`, `AMBIGUOUS`, `CANCELLED`, `LOGIN`, `TRANSACTION_CONTROL`.
   */
  async run<Result>(
    address: RunAddress,
    fence: Fence,
    claim: ClaimId,
    work: (transaction: UserTransaction) => Promise<Result>,
    outcomeOf: (result: Result) => JsonText,
    limits: TransactionLimits = {},
  ): Promise<Result> {
    const { client, config } = await this.connect();
    let reusable = false;
    try {
      const held = { address, fence, claim };
      const result = await this.transact(client, config, held, work, outcomeOf, limits);
      reusable = true;
      return result;
    } catch (error) {
      reusable = classifyError(error) !== 'unavailable' && (await rollback(client));
      throw error;
    } finally {
      await giveBack(client, reusable && client.getTransactionStatus() === 'I');
    }
  }

  async close(): Promise<void> {
    const pool = this.open?.pool;
    this.open = null;
    await pool?.end();
  }

  private async transact<Result>(
    client: PoolClient,
    config: ClientConfig,
    held: Held,
    work: (transaction: UserTransaction) => Promise<Result>,
    outcomeOf: (result: Result) => JsonText,
    { signal, statementTimeoutMs = 30_000 }: TransactionLimits,
  ): Promise<Result> {
    await client.query(`begin; set local statement_timeout = ${Math.max(1, Math.ceil(statementTimeoutMs))}`);
    const begun = await client.query<{ number: string }>('select pg_catalog.pg_current_xact_id()::pg_catalog.text as number');
    const maximumBytes = this.options.maximumResultBytes ?? 16 * 1_048_576;
    const transaction = new UserTransaction(client, config, { signal, maximumBytes, maximumRows: 1_000_000 });
    const result = await work(transaction).finally(() => transaction.end());
    if (signal?.aborted === true) throw new UserSqlError('CANCELLED', 'not committed: the attempt was stopped');
    await record(client, held, outcomeOf(result), begun.rows[0]?.number ?? '').catch((error: unknown) => {
      throw codeOf(error) === FAILED_BEFORE ? (transaction.failure ?? error) : error;
    });
    await this.commit(client, held);
    return result;
  }

  private async commit(client: PoolClient, held: Held): Promise<void> {
    try {
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
    } catch (error) {
      if (classifyError(error) !== 'unavailable') throw error;
      await this.settle(held, error);
    }
  }

  /** A commit without an answer: returns when it happened, throws when it did not. */
  private async settle({ address, fence, claim }: Held, cause: unknown): Promise<void> {
    for (let round = 1; round <= LOOK_UPS; round += 1) {
      try {
        const values = [address.run, address.node, address.at, fence, claim];
        const [row] = await this.options.database.run<{ fate: string }>(statement('find-recorded'), values);
        if (row?.fate === 'committed') return;
        if (row?.fate === 'undone') throw cause;
        throw new UserSqlError('STALE', 'a newer attempt has taken over', cause);
      } catch (error) {
        if (error === cause || error instanceof UserSqlError) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** round, 5_000)));
      }
    }
    throw new UserSqlError('AMBIGUOUS', 'the commit got no answer, and the ledger cannot be asked', cause);
  }

  private async connect(): Promise<{ readonly client: PoolClient; readonly config: ClientConfig }> {
    for (let round = 1; ; round += 1) {
      const { pool, config } = await this.poolNow();
      try {
        return { client: await pool.connect(), config };
      } catch (cause) {
        if (round > 2 || !(await this.heal(pool, config, cause))) throw cause;
      }
    }
  }

  /** Whether another try makes sense: the login was refused and has been renewed, here or by someone else. */
  private async heal(pool: Pool, config: ClientConfig, cause: unknown): Promise<boolean> {
    if (this.open?.pool !== pool) return true;
    if (!LOGIN_REFUSED.has(codeOf(cause))) return false;
    this.open = null;
    // Not awaited: those who are at work keep their connections until they are done.
    void pool.end();
    if (await this.login.renew(config)) return true;
    throw new UserSqlError('LOGIN', `the login for users’ SQL was refused: ${String(cause)}`, cause);
  }

  private async poolNow(): Promise<{ readonly pool: Pool; readonly config: ClientConfig }> {
    if (this.open !== null) return this.open;
    const config = await this.login.config();
    if (this.open !== null) return this.open;
    const verify = (client: PoolClient, done: (error?: Error) => void): void => {
      checkLogin(client).then(() => done(), done);
    };
    const pool = new Pool({ ...config, max: this.options.poolSize, allowExitOnIdle: true, verify });
    surviveLostConnections(pool);
    this.open = { pool, config };
    return this.open;
  }
}

async function record(client: PoolClient, { address, fence, claim }: Held, outcome: JsonText, begun: string): Promise<void> {
  const values = [address.run, address.node, address.at, fence, claim, outcome, begun];
  const { rowCount } = await client.query(statement('record-outcome').text, values).catch((cause: unknown) => {
    throw codeOf(cause) === STALE ? new UserSqlError('STALE', 'a newer attempt has taken over', cause) : cause;
  });
  if (rowCount !== 1)
    throw new UserSqlError('TRANSACTION_CONTROL', 'the work has ended its own transaction: nothing can be recorded with it');
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const rollback = (client: PoolClient): Promise<boolean> =>
  client.query('rollback').then(
    () => true,
    () => false,
  );
