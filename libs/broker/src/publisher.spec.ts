import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { BrokerUnderTest } from '../test/broker-under-test.js';
import type { BrokerConnection } from './broker-connection.js';
import type { OutgoingMessage, PublishOutcome } from './publish-request.js';

let broker: BrokerUnderTest;
let connection: BrokerConnection;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
});
afterEach(() => broker.end());

function toWork(body: string): OutgoingMessage {
  return { exchange: connection.names.attempts, routingKey: 'work', body };
}

async function bodiesInWork(): Promise<string[]> {
  return broker.behindTheScenes(async (channel) => {
    const bodies: string[] = [];
    for (;;) {
      const message = await channel.get(connection.names.taskQueue('work'), { noAck: true });
      if (!message) return bodies;
      bodies.push(message.content.toString());
    }
  });
}

function codes(outcomes: PublishOutcome[]): string[] {
  return outcomes.map((outcome) => (outcome.kind === 'failed' ? outcome.cause.code : outcome.kind));
}

describe('a publisher', () => {
  test('says which messages nobody wanted, among those that arrived', async () => {
    const publisher = broker.publisher(connection);
    const messages = ['a', 'b', 'c', 'd', 'e', 'f'].map((body, index) =>
      index % 2 ? { ...toWork(body), routingKey: 'nobody' } : toWork(body),
    );
    const sameId = messages.map((message) => ({ ...message, messageId: 'the same' }));
    expect(codes(await publisher.publish(sameId))).toEqual([
      'confirmed',
      'returned',
      'confirmed',
      'returned',
      'confirmed',
      'returned',
    ]);
    expect(await bodiesInWork()).toEqual(['a', 'c', 'e']);
  });

  test('sends persistent messages with fresh headers', async () => {
    const publisher = broker.publisher(connection);
    await publisher.publish([{ ...toWork('{}'), headers: { tenant: 'x', n: 1 }, messageId: 'm1', type: 'attempt', appId: 'me' }]);
    const message = await broker.behindTheScenes((channel) => channel.get(connection.names.taskQueue('work'), { noAck: true }));
    expect(message ? message.properties : null).toMatchObject({
      deliveryMode: 2,
      contentType: 'application/json',
      headers: { tenant: 'x', n: 1 },
      messageId: 'm1',
      type: 'attempt',
      appId: 'me',
    });
  });

  test('leaves out an id that is longer than AMQP lets one be, and sends the message', async () => {
    const publisher = broker.publisher(connection);
    const messages = [255, 256].map((length) => ({ ...toWork('{}'), messageId: 'i'.repeat(length) }));
    expect(codes(await publisher.publish(messages))).toEqual(['confirmed', 'confirmed']);
    const ids = await broker.behindTheScenes(async (channel) => {
      const queue = connection.names.taskQueue('work');
      const found = [await channel.get(queue, { noAck: true }), await channel.get(queue, { noAck: true })];
      return found.map((message) => (message ? message.properties.messageId : null));
    });
    expect(ids).toEqual(['i'.repeat(255), undefined]);
  });

  test('keeps the order and loses nothing when far more is published than may be outstanding', async () => {
    const publisher = broker.publisher(connection, { maximumOutstanding: 7 });
    const bodies = Array.from({ length: 300 }, (_, index) => String(index));
    const halves = [bodies.slice(0, 150), bodies.slice(150)].map((half) => publisher.publish(half.map(toWork)));
    const outcomes = (await Promise.all(halves)).flat();
    expect(new Set(codes(outcomes))).toEqual(new Set(['confirmed']));
    expect(await bodiesInWork()).toEqual(bodies);
  });

  test('gets large messages through a full socket buffer', async () => {
    const publisher = broker.publisher(connection);
    const large = 'x'.repeat(300_000);
    expect(new Set(codes(await publisher.publish(Array.from({ length: 30 }, () => toWork(large)))))).toEqual(
      new Set(['confirmed']),
    );
  });

  test('reports a message the broker refuses', async () => {
    const full = `${connection.names.prefix}.full`;
    await broker.behindTheScenes(async (channel) => {
      await channel.assertQueue(full, { durable: true, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
      await channel.bindQueue(full, connection.names.attempts, 'full');
    });
    const publisher = broker.publisher(connection);
    const outcomes: PublishOutcome[] = [];
    for (let n = 0; n < 3; n += 1) outcomes.push(...(await publisher.publish([{ ...toWork('x'), routingKey: 'full' }])));
    await broker.behindTheScenes((channel) => channel.deleteQueue(full));
    expect(codes(outcomes)).toEqual(['confirmed', 'NACKED', 'NACKED']);
  });

  test('fails what was in flight when an exchange is missing, declares its own again and goes on', async () => {
    const publisher = broker.publisher(connection);
    await broker.behindTheScenes((channel) => channel.deleteExchange(connection.names.events));
    const lost = await publisher.publish([{ ...toWork('lost'), exchange: connection.names.events }]);
    expect(codes(lost)).toEqual(['CHANNEL_CLOSED']);
    expect(lost[0]).toMatchObject({ cause: { message: expect.stringContaining('NOT_FOUND') } });
    expect(codes(await publisher.publish([{ ...toWork('again'), exchange: connection.names.events }]))).toEqual(['confirmed']);
  });

  test('has a queue of ours declared again when a message finds it gone', async () => {
    const publisher = broker.publisher(connection);
    await broker.behindTheScenes((channel) => channel.deleteQueue(connection.names.inboxQueue(0)));
    const outcome = { ...toWork('outcome'), exchange: connection.names.inbox, routingKey: '0' };
    expect(codes(await publisher.publish([outcome]))).toEqual(['returned']);
    await eventually(async () => expect(codes(await publisher.publish([outcome]))).toEqual(['confirmed']), {
      what: 'the queue to be there again',
    });
    expect(await connection.queueDepth(connection.names.inboxQueue(0))).toBe(1);
  });

  test("comes back after a user's missing exchange, each time", async () => {
    const publisher = broker.publisher(connection);
    for (let round = 0; round < 3; round += 1) {
      expect(codes(await publisher.publish([{ ...toWork('x'), exchange: 'no.such.exchange' }]))).toEqual(['CHANNEL_CLOSED']);
      expect(codes(await publisher.publish([toWork(String(round))]))).toEqual(['confirmed']);
    }
    expect(await bodiesInWork()).toEqual(['0', '1', '2']);
  });

  test('refuses what AMQP cannot carry and sends the rest', async () => {
    const publisher = broker.publisher(connection);
    const outcomes = await publisher.publish([{ ...toWork('x'), routingKey: 'k'.repeat(300) }, toWork('y')]);
    expect(codes(outcomes)).toEqual(['REFUSED', 'confirmed']);
  });

  test('gives up on an absent broker within its limit, and sends nothing of it later', async () => {
    await broker.proxy.down();
    const publisher = broker.publisher(connection, { timeoutMs: 150 });
    const tooLate = publisher.publish([toWork('too late')]);
    expect(publisher.unsent).toBe(1);
    expect(codes(await tooLate)).toEqual(['NOT_SENT']);
    // Nor keeps what nobody waits for any more: an outage may be long.
    expect(publisher.unsent).toBe(0);
    await broker.proxy.up();
    await connection.publishing.whenUp();
    expect(codes(await broker.publisher(connection).publish([toWork('in time')]))).toEqual(['confirmed']);
    expect(await bodiesInWork()).toEqual(['in time']);
  });

  test('waits for a broker that comes back within its limit', async () => {
    const publisher = broker.publisher(connection);
    await broker.proxy.down();
    const published = publisher.publish([toWork('patient')]);
    await broker.proxy.up();
    expect(codes(await published)).toEqual(['confirmed']);
  });

  test('never reports as confirmed what a cut connection lost', async () => {
    const publisher = broker.publisher(connection, { maximumOutstanding: 50 });
    const confirmed: string[] = [];
    const unknown: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const bodies = Array.from({ length: 200 }, (_, index) => `${round}-${index}`);
      const publishing = publisher.publish(bodies.map(toWork));
      if (round % 2) setImmediate(() => broker.proxy.cut());
      for (const [index, outcome] of (await publishing).entries())
        (outcome.kind === 'confirmed' ? confirmed : unknown).push(bodies[index]!);
    }
    const arrived = new Set(await bodiesInWork());
    expect(confirmed.filter((body) => !arrived.has(body))).toEqual([]);
    expect(unknown.length).toBeGreaterThan(0);
    expect(confirmed.length).toBeGreaterThanOrEqual(600);
  });

  test('publishes nothing after it was closed, and finishes what was in flight before', async () => {
    const publisher = broker.publisher(connection);
    const before = publisher.publish([toWork('before')]);
    const closed = publisher.close();
    expect(codes(await publisher.publish([toWork('after')]))).toEqual(['CLOSED']);
    expect(codes(await before)).toEqual(['confirmed']);
    await closed;
    expect(await bodiesInWork()).toEqual(['before']);
    expect(await publisher.publish([])).toEqual([]);
  });
});
