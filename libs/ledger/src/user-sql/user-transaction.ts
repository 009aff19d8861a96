import type { Client, ClientConfig } from 'pg';
import { type UserQueryLimits, type UserResult, userQuery } from './user-query.js';
import { UserSqlError } from './user-sql-error.js';

/** What users' code gets to write with: one statement at a time, until the transaction ends. */
export class UserTransaction {
  private last: Promise<unknown> = Promise.resolve();
  private ended = false;
  /** The first statement that failed: what a later, derived failure is really about. */
  failure: unknown;

  constructor(
    private readonly client: Client,
    private readonly config: ClientConfig,
    private readonly limits: UserQueryLimits,
  ) {}

  query(text: string, values: readonly unknown[] = []): Promise<UserResult> {
    if (this.ended) return Promise.reject(new UserSqlError('ENDED', 'the transaction has ended'));
    const result = this.last.then(() => userQuery(this.client, this.config, text, values, this.limits));
    this.last = result.catch((error: unknown) => {
      this.failure ??= error;
    });
    return result;
  }

  /** Takes nothing more, and waits for what was begun: the session is about to be someone else's. */
  async end(): Promise<void> {
    this.ended = true;
    await this.last;
  }
}
