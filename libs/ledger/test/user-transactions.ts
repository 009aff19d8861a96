import { randomUUID } from 'node:crypto';
import { claimId, fence, type JsonText, runId } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';
import { TransactionRunner, type UserTransaction } from '../src/index.js';

export interface Held {
  readonly address: { run: ReturnType<typeof runId>; node: number; at: string };
  readonly fence: ReturnType<typeof fence>;
  readonly claim: ReturnType<typeof claimId>;
}

export const outcomeOf = (result: unknown): JsonText =>
  JSON.stringify({ kind: 'succeeded', output: JSON.stringify(result ?? null) }) as JsonText;

export const insert = (transaction: UserTransaction, word: string): Promise<unknown> =>
  transaction.query('insert into shop (word) values ($1)', [word]);

export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'succeeded',
    (error: { code?: unknown }) => error.code,
  );

/** A ledger with a table of a user's own, `shop`, and tasks that are at work. */
export class UserTransactions {
  /** Ended after each test, in this order. */
  readonly stops: (() => Promise<unknown> | unknown)[] = [];
  private own: { readonly db: TestDatabase; readonly login: string } | null = null;
  private fresh: TransactionRunner | null = null;

  get db(): TestDatabase {
    if (this.own === null) throw new Error('not begun yet');
    return this.own.db;
  }

  /** The role of users' SQL. */
  get login(): string {
    return this.own?.login ?? '';
  }

  get runner(): TransactionRunner {
    if (this.fresh === null) throw new Error('no test has begun');
    return this.fresh;
  }

  begin = async (): Promise<void> => {
    const db = await TestDatabase.create();
    const [{ login }] = (await db.query<{ login: string }>(
      `select value->>'user' as login from reprise.setting where name = 'sql_role'`,
    )) as [{ login: string }];
    await db.query('create table public.shop (word text primary key)');
    await db.query(`grant select, insert on public.shop to ${login}`);
    this.own = { db, login };
  };

  end = async (): Promise<void> => this.own?.db.end();

  beginTest = async (): Promise<void> => {
    await this.db.query('delete from public.shop');
    this.fresh = new TransactionRunner({ database: this.db.database, databaseUrl: this.db.url, poolSize: 2 });
  };

  endTest = async (): Promise<void> => {
    await this.fresh?.close();
    for (const stop of this.stops.splice(0)) await stop();
  };

  held = async (leaseSeconds = 60): Promise<Held> => {
    const address = { run: runId(randomUUID()), node: 0, at: '' };
    const claim = claimId(randomUUID());
    await this.db.query(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, claim, queue, created_at, lease_until)
       values ($1, 0, '', 'running', 1, 7, $2, 'default', now(), now() + $3 * interval '1 second')`,
      [address.run, claim, leaseSeconds],
    );
    return { address, fence: fence(7), claim };
  };

  work = <Result>(
    task: Held,
    steps: (transaction: UserTransaction) => Promise<Result>,
    on: TransactionRunner = this.runner,
  ): Promise<Result> => on.run(task.address, task.fence, task.claim, steps, outcomeOf);

  words = async (): Promise<readonly string[]> =>
    (await this.db.query<{ word: string }>('select word from public.shop order by word')).map(({ word }) => word);

  recorded = async ({ address }: Held): Promise<string | null | undefined> => {
    const rows = await this.db.query<{ recorded: string | null }>('select recorded from reprise.task where run_id = $1', [
      address.run,
    ]);
    return rows[0]?.recorded;
  };
}
