import type { Statement } from './statement.js';

export type Row = Readonly<Record<string, unknown>>;

/** What runs statements: the pool, or one transaction, which sends them in the order they are asked for and waits for none before the next. */
export interface Session {
  run<Result extends Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Result[]>;
  /** A statement whose rows nobody needs. A transaction goes on without its answer, and asks for all answers when it ends: what fails fails it. */
  write(statement: Statement, values: readonly unknown[]): Promise<void>;
}
