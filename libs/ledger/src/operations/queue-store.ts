import type { Database } from '../connection/database.js';
import type { Row } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** A task queue from which executors take nothing. */
export interface PausedQueue extends Row {
  readonly queue: string;
  /** Epoch milliseconds, the database's clock. */
  readonly pausedAt: number;
  readonly pausedBy: string;
  readonly reason: string | null;
}

/** Which task queues are paused. */
export class QueueStore {
  constructor(private readonly database: Database) {}

  /** false: it is paused already. Claims that began before this is committed may still succeed, later ones do not. */
  async pause(queue: string, by: string, reason: string | null): Promise<boolean> {
    return (await this.database.run(statement('pause-queue'), [queue, by, reason])).length > 0;
  }

  /** false: it is not paused. */
  async resume(queue: string, by: string): Promise<boolean> {
    return (await this.database.run(statement('resume-queue'), [queue, by])).length > 0;
  }

  /** Of these, or of all. */
  async paused(queues: readonly string[] | null = null): Promise<readonly PausedQueue[]> {
    return this.database.run<PausedQueue>(statement('paused-queues'), [queues]);
  }
}
