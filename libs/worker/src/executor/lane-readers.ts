import { BatchConsumer, type BrokerConnection } from '@reprise/broker';
import { LANES, type Lane, laneKey } from '@reprise/core';
import type { Logger } from '@reprise/service';
import type { AttemptIntake } from './attempt-intake.js';

export interface LaneReadersOptions {
  readonly connection: BrokerConnection;
  readonly queue: string;
  readonly concurrency: number;
  readonly logger: Logger;
  readonly intake: (lane: Lane) => AttemptIntake;
}

/**
 * Messages that a lane may hold for free slots. What they carry is out of the reach of other executors: together the lanes hold
 * no more than twice as many messages as there are slots (or one each). Only attempts of quick calls share one.
 */
export const prefetchOf = (lane: Lane, concurrency: number): number =>
  lane === 'normal' ? concurrency : Math.max(1, Math.floor(concurrency / 4));

/** Most claims of one statement. */
const MOST_CLAIMS = 100;

/** The lanes of one task queue, consumed together: who pauses the queue pauses all of them. */
export class LaneReaders implements Pick<BatchConsumer, 'start' | 'stop' | 'pause' | 'resume'> {
  private readonly consumers: readonly BatchConsumer[];

  constructor({ connection, queue, concurrency, logger, intake }: LaneReadersOptions) {
    this.consumers = LANES.map((lane) => {
      const prefetch = prefetchOf(lane, concurrency);
      const taking = intake(lane);
      return new BatchConsumer(connection, {
        queue: connection.names.taskQueue(laneKey(queue, lane)),
        prefetch,
        maxBatch: Math.min(prefetch, MOST_CLAIMS),
        logger,
        onBatch: async (deliveries) => taking.take(deliveries),
      });
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.start()));
  }

  async stop(drainMs?: number): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop(drainMs)));
  }

  pause(): void {
    for (const consumer of this.consumers) consumer.pause();
  }

  resume(): void {
    for (const consumer of this.consumers) consumer.resume();
  }
}
