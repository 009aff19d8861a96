import type { RunStatus } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

export interface WaitingQueue {
  readonly queue: string;
  /** Seconds, by the database's clock. */
  readonly oldestAge: number;
  /** Attempts that are held because nobody reads the queue or has the handler: the broker does not know them. */
  readonly held: number;
  /** Attempts that an executor may take. Of a long backlog only the first are counted. */
  readonly ready: number;
}

export interface ReadyQueue {
  /** With its lane: `payments`, `payments.retry`. */
  readonly queue: string;
  /** Seconds, by the database's clock. */
  readonly oldestAge: number;
  /** Whether one of its attempts is about to be looked at by the watch. */
  readonly due: boolean;
}

/** Figures about everything at once, each from a bounded part of an index. */
export class Gauges {
  constructor(private readonly database: Session) {}

  /** Runs that have not ended. */
  async openRuns(): Promise<readonly { readonly status: RunStatus; readonly runs: number }[]> {
    return this.database.run<{ status: RunStatus; runs: number }>(statement('count-open-runs'), []);
  }

  /** Parked tasks by workflow; counts about `portions` times `each` in all, the oldest. */
  async parkedTasks(portions = 10, each = 1_000): Promise<readonly { readonly workflow: string; readonly tasks: number }[]> {
    return this.database.run<{ workflow: string; tasks: number }>(statement('count-parked-tasks'), [each, portions]);
  }

  /** Task queues where attempts wait for an executor. */
  async waitingQueues(limit = 1_000, mostHeld = 100, mostReady = 1_000): Promise<readonly WaitingQueue[]> {
    type QueueRow = { queue: string; oldest_age: number; held: number; ready: number };
    const rows = await this.database.run<QueueRow>(statement('waiting-queues'), [limit, mostHeld, mostReady]);
    return rows.map(({ queue, oldest_age: oldestAge, held, ready }) => ({ queue, oldestAge, held, ready }));
  }

  /** When a run of each workflow last succeeded: epoch seconds. */
  async lastSuccesses(limit = 2_000): Promise<readonly { readonly workflow: string; readonly succeededAt: number }[]> {
    const rows = await this.database.run<{ workflow: string; succeeded_at: number }>(statement('newest-successes'), [limit]);
    return rows.map((row) => ({ workflow: row.workflow, succeededAt: row.succeeded_at }));
  }

  /** Task queues with ready attempts, seen through the `limit` rows the watch looks at first: under a long backlog, a sample. */
  async readyQueues(limit: number): Promise<readonly ReadyQueue[]> {
    type QueueRow = { queue: string; oldest_age: number; due: boolean };
    const rows = await this.database.run<QueueRow>(statement('ready-queues'), [limit]);
    return rows.map((row) => ({ queue: row.queue, oldestAge: row.oldest_age, due: row.due }));
  }
}
