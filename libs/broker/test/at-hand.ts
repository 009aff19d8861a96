import { eventually } from '@reprise/testing';
import type { BatchConsumer } from '../src/batch-consumer.js';

/** Starts a consumer once everything published is at hand: how many deliveries one read of the socket brings is chance. */
export async function startWith(waiting: number, consumer: BatchConsumer): Promise<void> {
  consumer.pause();
  await consumer.start();
  await hasWaiting(waiting, consumer);
  consumer.resume();
}

export async function hasWaiting(count: number, consumer: BatchConsumer): Promise<void> {
  await eventually(() => consumer.backlog >= count, { what: `${count} deliveries to be at hand` });
}
