import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { Gate } from '../test/gate.js';
import type { BrokerConnection } from './broker-connection.js';
import type { Delivery } from './delivery.js';
import { cleanHeaders } from './delivery.js';
import { DeliveryConsumer } from './delivery-consumer.js';

let broker: BrokerUnderTest;
let connection: BrokerConnection;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
});
afterEach(() => broker.end());

const queue = () => connection.names.timersQueue;

function consumer(onDelivery: (delivery: Delivery) => Promise<void>): DeliveryConsumer {
  const made = new DeliveryConsumer(connection, { queue: queue(), prefetch: 2_000, logger: broker.logger, onDelivery });
  broker.onEnd(() => made.stop(0));
  return made;
}

async function publish(...bodies: string[]): Promise<void> {
  const messages = bodies.map((body) => ({ exchange: connection.names.timers, routingKey: '0.0.0.1.s3', body }));
  for (const { kind } of await broker.publisher(connection).publish(messages)) expect(kind).toBe('confirmed');
}

describe('a consumer that settles one by one', () => {
  test('acknowledges a later delivery while an earlier one is held', async () => {
    const done = new Collected<string>();
    const held = new Gate();
    const timers = consumer(async ({ body }) => {
      if (body.toString() === 'held') await held.passed;
      done.add(body.toString());
    });
    await publish('held', 'b', 'c');
    await timers.start();
    expect(await done.atLeast(2)).toEqual(['b', 'c']);
    await timers.stop(0);
    // The broker confirms that a channel is closed before it has put back what the channel held.
    await eventually(async () => expect(await connection.queueDepth(queue())).toBe(1), {
      what: 'the held delivery to be back in its queue',
    });
    held.open();
  });

  test('lets held deliveries finish when it is stopped', async () => {
    const held = new Gate();
    const begun = new Collected<string>();
    const timers = consumer(async ({ body }) => {
      begun.add(body.toString());
      await held.passed;
    });
    await publish('a', 'b');
    await timers.start();
    await begun.atLeast(2);
    const stopped = timers.stop();
    held.open();
    await stopped;
    expect(await connection.queueDepth(queue())).toBe(0);
  });

  test('tries a failing delivery again and holds up no other', async () => {
    const done = new Collected<string>();
    // However long the good one is on its way: the bad one fails until it has come.
    await consumer(async ({ body }) => {
      if (body.toString() === 'bad' && !done.all.includes('good')) throw new Error('not yet');
      done.add(body.toString());
    }).start();
    await publish('bad', 'good');
    expect(await done.atLeast(2)).toEqual(['good', 'bad']);
  });
});

describe('headers of a received message', () => {
  test('lose what the broker wrote before they are sent again: it would take the message for a cycle', () => {
    const received = {
      tenant: 'x',
      'x-death': [{ count: 1 }],
      'x-first-death-queue': 'q',
      'x-delivery-count': 2,
      CC: ['y'],
      'x-mine': 1,
    };
    expect(cleanHeaders(received)).toEqual({ tenant: 'x', 'x-mine': 1 });
  });
});
