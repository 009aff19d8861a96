import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import type { ConsumeMessage } from 'amqplib';
import { hasWaiting, startWith } from '../test/at-hand.js';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { Gate } from '../test/gate.js';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer.js';
import type { BrokerConnection } from './broker-connection.js';
import type { Delivery } from './delivery.js';
import { ConsumerSession } from './queue-subscription.js';

let broker: BrokerUnderTest;
let connection: BrokerConnection;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
});
afterEach(() => broker.end());

const queue = () => connection.names.taskQueue('work');
const message = (body: string) => ({ exchange: connection.names.attempts, routingKey: 'work', body });
const bodies = (deliveries: readonly Delivery[]) => deliveries.map(({ body }) => body.toString());

function consumer(options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'onBatch'>): BatchConsumer {
  const made = new BatchConsumer(connection, { queue: queue(), prefetch: 100, maxBatch: 10, logger: broker.logger, ...options });
  broker.onEnd(() => made.stop(0));
  return made;
}

describe('a consumer that loses its channel', () => {
  test('declares its queue again when somebody has deleted it, and goes on', async () => {
    const seen = new Collected<string>();
    await consumer({ onBatch: async (deliveries) => void bodies(deliveries).map(seen.add) }).start();
    await broker.behindTheScenes((channel) => channel.deleteQueue(queue()));
    const lost = await broker.log.next(({ message: text }) => text === 'consumer lost, starting again');
    expect(lost.details).toMatchObject({ queue: queue(), reason: expect.stringContaining('deleted') });
    const publisher = broker.publisher(connection);
    await eventually(async () => expect(await publisher.publish([message('after')])).toEqual([{ kind: 'confirmed' }]), {
      what: 'the queue to take messages again',
    });
    expect(await seen.atLeast(1)).toEqual(['after']);
  });

  test('may settle while its channel is being closed: what it says is not heard, and does no harm', async () => {
    await broker.publisher(connection).publish([message('late')]);
    await broker.behindTheScenes(async (channel) => {
      const got = await channel.get(queue());
      if (got === false) throw new Error('there is no message');
      const session = new ConsumerSession(channel);
      const closing = channel.close();
      expect(() => channel.ack(got)).toThrow('Channel closing');
      for (const settle of ['ack', 'ackUpTo', 'requeue'] as const) session[settle](got as unknown as ConsumeMessage);
      await closing;
    });
    // The broker confirms that a channel is closed before it has put back what the channel held.
    await eventually(async () => expect(await connection.queueDepth(queue())).toBe(1), { what: 'the message to be back' });
  });

  test('waits for a queue that does not exist yet', async () => {
    const seen = new Collected<string>();
    const later = `${queue()}.later`;
    const started = consumer({ queue: later, onBatch: async (deliveries) => void bodies(deliveries).map(seen.add) }).start();
    await broker.log.next(({ message: text }) => text === 'cannot consume yet');
    await broker.behindTheScenes((channel) => channel.assertQueue(later, { durable: true }));
    await started;
    await broker.behindTheScenes(async (channel) => channel.sendToQueue(later, Buffer.from('x')));
    expect(await seen.atLeast(1)).toEqual(['x']);
    await broker.behindTheScenes((channel) => channel.deleteQueue(later));
  });

  test('drops the acknowledgements of the old channel: what was in flight comes again, and only that', async () => {
    const seen = new Collected<{ body: string; redelivered: boolean }>();
    const gate = new Gate();
    const publisher = broker.publisher(connection);
    await publisher.publish(['a', 'b', 'c'].map(message));
    const interrupted = consumer({
      maxBatch: 2,
      onBatch: async (deliveries) => {
        for (const { body, redelivered } of deliveries) seen.add({ body: body.toString(), redelivered });
        if (seen.all.length === 2) await gate.passed;
      },
    });
    await startWith(3, interrupted);
    await seen.atLeast(2);
    const recovered = once(connection, 'recovered');
    broker.proxy.cut();
    await recovered;
    gate.open();
    await seen.until((all) => all.filter(({ redelivered }) => redelivered).length === 3);
    expect(seen.all.slice(2)).toEqual(['a', 'b', 'c'].map((body) => ({ body, redelivered: true })));
    // An acknowledgement with a tag of the old channel would have closed the new one (406).
    await publisher.publish([message('d')]);
    await seen.next(({ body }) => body === 'd');
    expect(broker.log.all.filter(({ details }) => String(details.reason).includes('406'))).toEqual([]);
  });

  test('keeps to its concurrency over a reconnect: a batch of the old channel still counts', async () => {
    const started = new Collected<string[]>();
    const gate = new Gate();
    await broker.publisher(connection).publish([message('a')]);
    const interrupted = consumer({
      onBatch: async (deliveries) => {
        started.add(bodies(deliveries));
        await gate.passed;
      },
    });
    await interrupted.start();
    await started.atLeast(1);
    const recovered = once(connection, 'recovered');
    broker.proxy.cut();
    await recovered;
    // The broker may notice the cut later than we do: only now is it certain that the first comes before the second.
    await hasWaiting(1, interrupted);
    await broker.publisher(connection).publish([message('b')]);
    await hasWaiting(2, interrupted);
    expect(started.all).toEqual([['a']]);
    gate.open();
    await started.until((all) => all.flat().includes('b'));
    expect(started.all.flat()).toEqual(['a', 'a', 'b']);
  });

  test('sees every confirmed message though the line is cut again and again', async () => {
    const seen = new Set<string>();
    const progress = new Collected<number>();
    await consumer({
      concurrency: 2,
      onBatch: async (deliveries) => {
        for (const body of bodies(deliveries)) seen.add(body);
        progress.add(seen.size);
      },
    }).start();
    const publisher = broker.publisher(connection, { maximumOutstanding: 100 });
    const confirmed: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const batch = Array.from({ length: 150 }, (_, index) => `${round}-${index}`);
      const publishing = publisher.publish(batch.map(message));
      if (round % 2) setImmediate(() => broker.proxy.cut());
      for (const [index, { kind }] of (await publishing).entries()) if (kind === 'confirmed') confirmed.push(batch[index] ?? '');
    }
    expect(confirmed.length).toBeGreaterThanOrEqual(600);
    await progress.until(() => confirmed.every((body) => seen.has(body)));
  });
});
