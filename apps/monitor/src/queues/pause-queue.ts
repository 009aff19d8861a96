import type { Publisher } from '@reprise/broker';
import { encodeHint, type TopologyNames } from '@reprise/contracts';
import type { QueueStore } from '@reprise/ledger';

export interface PauseQueueOptions {
  readonly queues: Pick<QueueStore, 'pause' | 'resume'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly names: TopologyNames;
}

/** Pauses and resumes task queues: committed first, then executors are told. One that misses it reads it at its next heartbeat. */
export class PauseQueue {
  constructor(private readonly options: PauseQueueOptions) {}

  /** false: it is paused already. */
  async pause(queue: string, by: string, reason: string | null): Promise<boolean> {
    const isPaused = await this.options.queues.pause(queue, by, reason);
    if (isPaused) await this.tell();
    return isPaused;
  }

  /** false: it is not paused. */
  async resume(queue: string, by: string): Promise<boolean> {
    const isResumed = await this.options.queues.resume(queue, by);
    if (isResumed) await this.tell();
    return isResumed;
  }

  private async tell(): Promise<void> {
    const { publisher, names } = this.options;
    await publisher.publish([{ exchange: names.control, routingKey: '', body: encodeHint({ kind: 'queues' }) }]);
  }
}
