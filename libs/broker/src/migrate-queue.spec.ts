import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import type { BrokerConnection } from './broker-connection.js';

let broker: BrokerUnderTest;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  await broker.proxy.up();
});
afterEach(() => broker.end());

const OLD = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 100_000 } };
const called = (name: string): string => `${broker.topology.prefix}.${name}`;

/** The trigger's queue as an older version might have declared it, with events in it. */
async function older(messages: number): Promise<void> {
  await broker.behindTheScenes(async (channel) => {
    await channel.assertQueue(called('trigger'), OLD);
    await channel.assertExchange(called('events'), 'topic', { durable: true });
    await channel.bindQueue(called('trigger'), called('events'), '#');
  });
  await publish(Array.from({ length: messages }, (_, index) => index));
}

async function publish(numbers: readonly number[]): Promise<void> {
  await broker.behindTheScenes((channel) => {
    for (const number of numbers) {
      const properties = {
        messageId: `m${number}`,
        headers: { number },
        contentType: 'text/plain',
        appId: 'old',
        mandatory: true,
      };
      channel.publish(called('events'), `order.${number % 7}`, Buffer.from(String(number)), properties);
    }
  });
}

/** Everything in the queue, once each. */
async function taken(): Promise<
  ReadonlyMap<string, { readonly key: string; readonly body: string; readonly properties: object }>
> {
  const found = new Map();
  await broker.behindTheScenes(async (channel) => {
    for (let next = await channel.get(called('trigger'), { noAck: true }); next !== false; ) {
      const { messageId, headers, contentType, appId } = next.properties;
      const properties = { number: headers?.number, contentType, appId };
      found.set(messageId, { key: next.fields.routingKey, body: next.content.toString(), properties });
      next = await channel.get(called('trigger'), { noAck: true });
    }
  });
  return found;
}

const migrating = (): BrokerConnection => broker.connection({ migrateQueues: true, maximumPauseMs: 200 });

/** The queue is as it should be, and nothing is left of the move. */
async function isMoved(connection: BrokerConnection): Promise<void> {
  await connection.redeclare();
  for (const left of ['trigger.moving', 'moving', 'moving.lock'])
    expect([left, await connection.queueDepth(called(left))]).toEqual([left, null]);
}

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `m${index}`);

describe('a queue whose arguments have changed', () => {
  test('gets its new arguments and keeps every message with its key and its properties', async () => {
    await older(650);
    const connection = migrating();
    await connection.start();
    await isMoved(connection);
    await publish([650]);
    const found = await taken();
    expect([...found.keys()].sort()).toEqual([...numbers(651)].sort());
    expect(found.get('m13')).toEqual({
      key: 'order.6',
      body: '13',
      properties: { number: 13, contentType: 'text/plain', appId: 'old' },
    });
  });

  test('of several processes that start at once, one moves it, and the others wait', async () => {
    await older(300);
    const connections = [migrating(), migrating(), migrating()];
    await Promise.all(connections.map((connection) => connection.start()));
    for (const connection of connections) await isMoved(connection);
    expect((await taken()).size).toBe(300);
    const moves = broker.log.all.filter(({ message }) => message.startsWith('the queue has its new arguments'));
    expect(moves).toHaveLength(1);
  });

  test('what is published while it is moved arrives', async () => {
    await older(400);
    let done = false;
    const publishing = (async () => {
      let next = 400;
      for (; !done || next < 500; next += 10) await publish(Array.from({ length: 10 }, (_, index) => next + index));
      return next;
    })();
    const connection = migrating();
    await connection.start();
    done = true;
    const published = await publishing;
    await isMoved(connection);
    expect([...(await taken()).keys()].sort()).toEqual([...numbers(published)].sort());
  });

  test('a process that dies while it moves leaves nothing behind that the next one does not finish', async () => {
    await older(1_200);
    const dying = migrating();
    const starting = dying.start();
    for (let deaths = 1; deaths <= 3; deaths += 1) {
      await broker.log.until((lines) => lines.filter(({ message }) => message.includes('moving what is in it')).length >= deaths);
      broker.proxy.cut();
    }
    await starting;
    await isMoved(dying);
    expect((await taken()).size).toBe(1_200);
  });

  test('is not touched while somebody reads it as it was; when the reader has gone it is moved', async () => {
    await older(3);
    const seen = new Collected<string>();
    let goOn = () => {};
    const gone = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reading = broker.behindTheScenes(async (channel) => {
      await channel.consume(called('trigger'), (message) => seen.add(String(message?.content)));
      await gone;
    });
    await seen.atLeast(3);
    const connection = migrating();
    const starting = connection.start();
    await broker.log.next(({ details }) => String(details.reason).includes('stop the services of the old version'));
    goOn();
    await reading;
    await starting;
    await isMoved(connection);
    expect((await taken()).size).toBe(3);
  });

  test('a task queue that is added later is moved too', async () => {
    const connection = migrating();
    await connection.start();
    const late = connection.names.taskQueue('late');
    await broker.behindTheScenes((channel) => channel.assertQueue(late, OLD));
    await broker.behindTheScenes((channel) => void channel.sendToQueue(late, Buffer.from('ticket')));
    await connection.ensureTaskQueue('late');
    expect(await connection.queueDepth(late)).toBe(1);
    await connection.redeclare();
    await broker.end(['late']);
    broker = new BrokerUnderTest();
  });
});
