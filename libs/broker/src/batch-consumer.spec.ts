import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { hasWaiting, startWith } from '../test/at-hand.js';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { Gate } from '../test/gate.js';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer.js';
import type { BrokerConnection } from './broker-connection.js';
import type { Delivery } from './delivery.js';
import type { Publisher } from './publisher.js';

let broker: BrokerUnderTest;
let connection: BrokerConnection;
let publisher: Publisher;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
  publisher = broker.publisher(connection);
});
afterEach(() => broker.end());

const queue = () => connection.names.taskQueue('work');

async function publish(...bodies: string[]): Promise<void> {
  const outcomes = await publisher.publish(
    bodies.map((body) => ({ exchange: connection.names.attempts, routingKey: 'work', body })),
  );
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['confirmed']));
}

function consumer(options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'onBatch'>): BatchConsumer {
  const made = new BatchConsumer(connection, { queue: queue(), prefetch: 100, maxBatch: 10, logger: broker.logger, ...options });
  broker.onEnd(() => made.stop(0));
  return made;
}

const bodies = (deliveries: readonly Delivery[]) => deliveries.map(({ body }) => body.toString());

/** What the queue holds once nobody consumes it. The broker puts back what a closed channel held only after it has confirmed the close. */
async function left(count: number): Promise<{ body: string; redelivered: boolean }[]> {
  await eventually(async () => expect(await connection.queueDepth(queue())).toBe(count), {
    what: `${count} deliveries to be in the queue`,
  });
  return broker.behindTheScenes(async (channel) => {
    const found: { body: string; redelivered: boolean }[] = [];
    for (;;) {
      const message = await channel.get(queue(), { noAck: true });
      if (!message) return found;
      found.push({ body: message.content.toString(), redelivered: message.fields.redelivered });
    }
  });
}

describe('a batch consumer', () => {
  test('hands over what is there at once, and collects while a batch is in flight', async () => {
    const batches = new Collected<string[]>();
    const first = new Gate();
    const collecting = consumer({
      maxBatch: 3,
      onBatch: async (deliveries) => {
        batches.add(bodies(deliveries));
        if (batches.all.length === 1) await first.passed;
      },
    });
    await collecting.start();
    await publish('1');
    expect(await batches.atLeast(1)).toEqual([['1']]);
    await publish('2', '3', '4', '5', '6');
    await hasWaiting(5, collecting);
    first.open();
    await batches.atLeast(3);
    expect(batches.all).toEqual([['1'], ['2', '3', '4'], ['5', '6']]);
  });

  test('gives a delivery as it was published', async () => {
    const seen = new Collected<Delivery>();
    await consumer({ onBatch: async ([delivery]) => void (delivery && seen.add(delivery)) }).start();
    const headers = { tenant: 'x' };
    await publisher.publish([
      { exchange: connection.names.attempts, routingKey: 'work', body: '{}', headers, messageId: 'm', type: 't', appId: 'a' },
    ]);
    const [delivery] = await seen.atLeast(1);
    expect(delivery).toMatchObject({
      exchange: connection.names.attempts,
      routingKey: 'work',
      redelivered: false,
      properties: { messageId: 'm', type: 't', appId: 'a', contentType: 'application/json', headers },
    });
  });

  test('acknowledges in delivery order: a crash redelivers exactly the unfinished batch, though a later one had finished', async () => {
    const started = new Collected<string[]>();
    const never = new Gate();
    const second = new Collected<string>();
    await publish('a', 'b', 'c', 'd', 'e', 'f');
    const crashing = consumer({
      maxBatch: 2,
      concurrency: 2,
      onBatch: async (deliveries) => {
        started.add(bodies(deliveries));
        if (bodies(deliveries)[0] === 'c') await never.passed;
        else second.add('done');
      },
    });
    await startWith(6, crashing);
    // a,b and e,f are done; c,d is not.
    await second.atLeast(2);
    expect(started.all).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
    await crashing.stop(0);
    // e and f were finished but come again: acknowledging them would have acknowledged c and d.
    expect(await left(4)).toEqual(['c', 'd', 'e', 'f'].map((body) => ({ body, redelivered: true })));
    never.open();
  });

  test('acknowledges everything once the slow batch has finished too', async () => {
    const slow = new Gate();
    const done = new Collected<string>();
    await publish('a', 'b', 'c', 'd');
    const finishing = consumer({
      maxBatch: 2,
      concurrency: 2,
      onBatch: async (deliveries) => {
        if (bodies(deliveries)[0] === 'a') await slow.passed;
        for (const body of bodies(deliveries)) done.add(body);
      },
    });
    await startWith(4, finishing);
    await done.atLeast(2);
    slow.open();
    await done.atLeast(4);
    await finishing.stop();
    expect(await left(0)).toEqual([]);
  });

  test('calls again with the very same deliveries when a batch fails, and loses none', async () => {
    const tries = new Collected<string[]>();
    const failing = consumer({
      onBatch: async (deliveries) => {
        tries.add(bodies(deliveries));
        if (tries.all.length < 3) throw new Error('Postgres is down');
      },
    });
    await publish('a', 'b');
    await startWith(2, failing);
    await tries.atLeast(3);
    expect(tries.all).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(broker.log.all.filter(({ level }) => level === 'error').map(({ details }) => details)).toMatchObject([
      { pauseMs: 200, reason: 'Postgres is down', deliveries: 2 },
      { pauseMs: 400 },
    ]);
    await failing.stop();
    expect(await left(0)).toEqual([]);
  });

  test('gives a failing batch back when it is stopped', async () => {
    const tried = new Collected<string>();
    const failing = consumer({
      onBatch: async () => {
        tried.add('tried');
        throw new Error('Postgres is down');
      },
    });
    await publish('a');
    await failing.start();
    await tried.atLeast(1);
    await failing.stop();
    expect(await left(1)).toEqual([{ body: 'a', redelivered: true }]);
  });

  test('does not acknowledge a batch whose answer does not fit it', async () => {
    const tries = new Collected<number>();
    const confused = consumer({
      onBatch: async (deliveries) => {
        tries.add(deliveries.length);
        return tries.all.length === 1 ? ['ack'] : ['ack', 'ack'];
      },
    });
    await publish('a', 'b');
    await startWith(2, confused);
    await tries.atLeast(2);
    expect(broker.log.all.at(-1)).toMatchObject({ level: 'error', details: { reason: expect.stringContaining('2 deliveries') } });
    await confused.stop();
    expect(await left(0)).toEqual([]);
  });

  test('gives single deliveries back, the last of a batch too, and keeps its channel', async () => {
    const seen = new Collected<string>();
    const picky = consumer({
      onBatch: async (deliveries) => {
        for (const { body, redelivered } of deliveries) seen.add(`${body.toString()}${redelivered ? ' again' : ''}`);
        return deliveries.map(({ body, redelivered }) => (body.toString() === 'no' && !redelivered ? 'requeue' : 'ack'));
      },
    });
    await publish('no', 'yes', 'no');
    await startWith(3, picky);
    await seen.until((all) => all.filter((one) => one === 'no again').length === 2);
    await picky.stop();
    expect(await left(0)).toEqual([]);
    expect(broker.log.all.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('finishes what is in flight when it is stopped, and gives the rest back', async () => {
    const started = new Collected<string[]>();
    const gate = new Gate();
    const stopping = consumer({
      maxBatch: 2,
      onBatch: async (deliveries) => {
        started.add(bodies(deliveries));
        await gate.passed;
      },
    });
    await publish('a', 'b', 'c');
    await startWith(3, stopping);
    await started.atLeast(1);
    const stopped = stopping.stop();
    gate.open();
    await stopped;
    expect(started.all).toEqual([['a', 'b']]);
    expect((await left(1)).map(({ body }) => body)).toEqual(['c']);
  });

  test('hands over nothing while it is paused', async () => {
    const seen = new Collected<string>();
    const paused = consumer({ onBatch: async (deliveries) => void bodies(deliveries).map(seen.add) });
    paused.pause();
    await paused.start();
    await publish('a');
    await hasWaiting(1, paused);
    expect(seen.all).toEqual([]);
    paused.resume();
    expect(await seen.atLeast(1)).toEqual(['a']);
  });
});
