import type { BatchStore } from '@reprise/ledger';
import type { Clock } from '@reprise/service';
import type { AskedBatch } from './read-batch.js';

/** Keeps what is asked of many runs; who takes the steps finds it there. */
export class CreateBatch {
  constructor(
    private readonly batches: BatchStore,
    private readonly clock: Clock,
  ) {}

  async create(asked: AskedBatch, askedBy: string): Promise<{ readonly id: string; readonly count: number }> {
    const id = this.clock.uuidv7();
    const { action, filter, rate, reason } = asked;
    return { id, count: await this.batches.insert({ id, action, filter, rate, reason, askedBy }) };
  }
}
