import { DatabaseError, type PoolClient } from 'pg';
import type { Row, Session } from './session.js';
import type { Statement } from './statement.js';

/**
 * The statements of one transaction, sent down a pipelined connection: the server runs them in order, and the first one that fails makes it
 * refuse all that follow, the commit among them.
 */
export class TransactionSession implements Session {
  private readonly written: Promise<unknown>[] = [];
  private hasFailed = false;
  private spoilt = false;

  constructor(private readonly client: PoolClient) {}

  async run<Result extends Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Result[]> {
    return (await this.send<Result>(statement, values)).rows;
  }

  async write(statement: Statement, values: readonly unknown[]): Promise<void> {
    const sent = this.send(statement, values);
    // Asked for when the transaction fails; until then a failure is nobody's unhandled rejection.
    sent.catch(() => {
      this.hasFailed = true;
    });
    this.written.push(sent);
  }

  /** Travels with what was written last, in one round trip. Throws when nothing is committed; `causeOf` tells why. */
  async commit(): Promise<void> {
    // What the driver itself could not send, the server has not heard of: it would commit the rest.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.hasFailed) throw new Error('the transaction was not committed: a statement failed');
    // A server that has refused a statement answers a commit with a rollback, and calls it a success.
    const { command } = await this.client.query('commit');
    if (command !== 'COMMIT') throw new Error(`the transaction was not committed: the server answered ${command}`);
  }

  /** What has really failed: a statement that comes after one that failed is told nothing but that. */
  async causeOf(error: unknown): Promise<unknown> {
    const failed = (await Promise.allSettled(this.written)).find((each) => each.status === 'rejected');
    return failed === undefined ? error : failed.reason;
  }

  /** The driver has failed, not the server: it may take a statement for prepared that the server has dropped. */
  get isSpoilt(): boolean {
    return this.spoilt;
  }

  private async send<Result extends Row>(statement: Statement, values: readonly unknown[]) {
    try {
      return await this.client.query<Result>({ name: statement.name, text: statement.text, values: [...values] });
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.spoilt = true;
      throw error;
    }
  }
}
