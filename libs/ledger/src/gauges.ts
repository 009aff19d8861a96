import type { RunStatus } from '@reprise/core';
import type { Database } from './database.js';
import { statement } from './statement.js';

export interface ReadyQueue {
  readonly queue: string;
  /** Seconds, by the database's clock. */
  readonly oldestAge: number;
  /** Whether one of its attempts is about to be looked at by the watch. */
  readonly due: boolean;
}

/** Figures about everything at once, each from a bounded part of an index. */
export class Gauges {
  constructor(private readonly database: Database) {}

  /** Runs that have not ended. */
  async openRuns(): Promise<readonly { readonly status: RunStatus; readonly runs: number }[]> {
    return this.database.run<{ status: RunStatus; runs: number }>(statement('count-open-runs'), []);
  }

  /** Parked tasks by workflow; counts at most `limit` in all. */
  async parkedTasks(limit = 10_000): Promise<readonly { readonly workflow: string; readonly tasks: number }[]> {
    return this.database.run<{ workflow: string; tasks: number }>(statement('count-parked-tasks'), [limit]);
  }

  /** Task queues with ready attempts, seen through the `limit` rows the watch looks at first: under a long backlog, a sample. */
  async readyQueues(limit = 2_000): Promise<readonly ReadyQueue[]> {
    type QueueRow = { queue: string; oldest_age: number; due: boolean };
    const rows = await this.database.run<QueueRow>(statement('ready-queues'), [limit]);
    return rows.map((row) => ({ queue: row.queue, oldestAge: row.oldest_age, due: row.due }));
  }
}
