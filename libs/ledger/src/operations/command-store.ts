import type { RunId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';

export interface NewCommand {
  readonly id: string;
  readonly run: RunId;
  readonly kind: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly askedBy: string | null;
}

/** What operators ask of runs: a row before it is a message. */
export class CommandStore {
  constructor(private readonly database: Database) {}

  async insert(command: NewCommand): Promise<void> {
    const { id, run, kind, payload, askedBy } = command;
    await this.database.run(statement('insert-command'), [id, run, kind, JSON.stringify(payload), askedBy]);
  }

  /** What came of it; null: nobody has carried it out yet. */
  async result(id: string): Promise<string | null> {
    const [row] = await this.database.run<{ result: string | null }>(statement('find-command-result'), [id]);
    return row?.result ?? null;
  }
}
