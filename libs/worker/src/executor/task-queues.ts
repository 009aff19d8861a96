import type { BatchConsumer } from '@reprise/broker';
import type { Logger } from '@reprise/service';

export interface TaskQueuesOptions {
  readonly queues: readonly string[];
  /** A new one: a consumer that was stopped cannot be started again. */
  readonly consume: (queue: string) => Pick<BatchConsumer, 'start' | 'stop' | 'pause' | 'resume'>;
  /** Which of the queues are paused. */
  readonly readPaused: (queues: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly logger: Logger;
}

/** What has been handed over and begun is waited for so long; it is settled by the ledger, not by the broker. */
const STOP_MS = 1_000;

/**
 * The task queues of an executor: none is consumed while it is paused, so that what waits in it stays with the broker. That a queue is
 * paused is read at start, at every heartbeat, when a hint says so, and when a claim is refused for it.
 */
export class TaskQueues {
  private readonly consumers = new Map<string, ReturnType<TaskQueuesOptions['consume']>>();
  private looking: Promise<void> = Promise.resolve();
  private started = false;
  private stopped = false;

  constructor(private readonly options: TaskQueuesOptions) {}

  /** Resolves when those that are not paused are consumed. */
  async start(): Promise<void> {
    await this.look();
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.start()));
  }

  /** Begins and ends consuming as the ledger says by now. */
  look(): Promise<void> {
    this.looking = this.looking.then(() => this.lookNow());
    return this.looking;
  }

  /** A claim was refused: nothing more is taken until the ledger has been asked. */
  hold(queue: string): void {
    this.consumers.get(queue)?.pause();
    void this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    const stopping = [...this.consumers.values()].map((consumer) => consumer.stop(STOP_MS));
    await Promise.all([...stopping, this.looking]);
  }

  private async lookNow(): Promise<void> {
    const { queues, readPaused, logger } = this.options;
    const paused = await readPaused(queues).catch((error: unknown) => {
      logger.warn({ error }, 'which queues are paused could not be read; it is asked again at the next heartbeat');
      return null;
    });
    for (const queue of queues) {
      if (this.stopped) return;
      const consumer = this.consumers.get(queue);
      // Not known: what was begun goes on, a claim would be refused anyway.
      if (paused?.has(queue) === true) await this.end(queue, consumer);
      else if (consumer === undefined && (paused !== null || !this.started)) this.begin(queue);
      else if (paused !== null) consumer?.resume();
    }
    this.started = true;
  }

  private begin(queue: string): void {
    const consumer = this.options.consume(queue);
    this.consumers.set(queue, consumer);
    void consumer.start();
  }

  /** What was delivered and not begun goes back to the queue. */
  private async end(queue: string, consumer: ReturnType<TaskQueuesOptions['consume']> | undefined): Promise<void> {
    if (consumer === undefined) return;
    this.consumers.delete(queue);
    this.options.logger.info({ queue }, 'the queue is paused: nothing is taken from it');
    await consumer.stop(STOP_MS);
  }
}
