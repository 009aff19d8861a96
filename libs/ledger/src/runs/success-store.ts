import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

export interface Success {
  readonly workflow: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** When a run of each workflow last succeeded. To be written last in a transaction: others wait for the row until it commits. */
export class SuccessStore {
  constructor(private readonly session: Session) {}

  async record(successes: readonly Success[]): Promise<void> {
    if (successes.length === 0) return;
    const newest = new Map<string, number>();
    for (const { workflow, at } of successes) newest.set(workflow, Math.max(at, newest.get(workflow) ?? at));
    // In one order: two transactions that write the same rows must not wait for each other.
    const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1));
    await this.session.write(statement('record-successes'), [sorted.map(([workflow]) => workflow), sorted.map(([, at]) => at)]);
  }
}
