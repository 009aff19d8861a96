import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BrokerConnection, BrokerError, Publisher, type PublishOutcome } from '@reprise/broker';
import type { Json } from '@reprise/core';
import { silentLogger } from '@reprise/service';
import { TestBroker } from '@reprise/testing';
import { attemptUnderTest, failureOf } from '../../test/attempt-under-test.js';
import { publishHandler } from './publish.js';

const broker = new TestBroker();
const mine = `${broker.prefix}_mine`;
const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 0, shards: 1 } as const;
let connection: BrokerConnection;
let publisher: Publisher;
let handler: ReturnType<typeof publishHandler>;

beforeAll(async () => {
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  publisher = new Publisher(connection, { logger: silentLogger, timeoutMs: 20_000 });
  handler = publishHandler(async (message) => (await publisher.publish([message]))[0] as PublishOutcome, broker.prefix);
  await broker.channel(async (channel) => {
    await channel.assertExchange(mine, 'topic', { durable: true });
    await channel.assertQueue(mine, { durable: true });
    await channel.bindQueue(mine, mine, 'order.*');
  });
});
afterAll(async () => {
  await publisher.close();
  await connection.close();
  await broker.channel(async (channel) => {
    await channel.deleteQueue(mine);
    await channel.deleteExchange(mine);
  });
  await broker.end();
});

const call = (input: Json) => handler.run(input, attemptUnderTest());
const next = () => broker.channel((channel) => channel.get(mine, { noAck: true }));

describe('publish', () => {
  test('hands a message over for good, with the attempt’s key as its id', async () => {
    const headers = { tenant: 'blue', depth: { a: [1] }, 'x-death': [{ count: 1 }], 'x-first-death-queue': 'q', none: null };
    expect(await call({ exchange: mine, routingKey: 'order.placed', body: { id: 7 }, headers })).toEqual({});
    const message = await next();
    if (message === false) throw new Error('no message');
    expect(message.content.toString()).toBe('{"id":7}');
    expect(message.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2, messageId: 'key-1' });
    expect(message.properties.headers).toEqual({ tenant: 'blue', depth: { a: [1] } });
  });

  test('sends text as text', async () => {
    await call({ exchange: mine, routingKey: 'order.text', body: 'grüße' });
    const message = await next();
    expect(message && [message.content.toString(), message.properties.contentType]).toEqual([
      'grüße',
      'text/plain; charset=utf-8',
    ]);
  });

  test('reaches a queue by its name, but none of Reprise’s', async () => {
    await call({ exchange: '', routingKey: mine, body: 1 });
    expect(await next()).toMatchObject({ fields: { routingKey: mine } });
    for (const queue of ['inbox.0', 'timers', 'dead', 'queue.default']) {
      expect(await failureOf(call({ exchange: '', routingKey: `${broker.prefix}.${queue}`, body: 1 }))).toMatchObject({
        code: 'INVALID_INPUT',
        retryable: false,
      });
    }
  });

  test.each(['inbox', 'attempts', 'timers', 'control', 'delay.l0', 'lifecycle', 'dead'])(
    'cannot write to Reprise’s own %s',
    async (name) => {
      expect(await failureOf(call({ exchange: `${broker.prefix}.${name}`, routingKey: '0' }))).toMatchObject({
        code: 'INVALID_INPUT',
        retryable: false,
      });
    },
  );

  test('may publish events', async () => {
    expect(await call({ exchange: `${broker.prefix}.events`, routingKey: 'order.placed', body: {} })).toEqual({});
    expect((await broker.take(`${broker.prefix}.trigger`)).map(String)).toEqual(['{}']);
  });

  test('says when nobody wants it: nothing has happened', async () => {
    expect(await failureOf(call({ exchange: mine, routingKey: 'nobody' }))).toMatchObject({
      code: 'publish.UNROUTABLE',
      retryable: null,
      details: { happened: false },
    });
  });

  test('says when there is no such exchange, and goes on with the next', async () => {
    expect(await failureOf(call({ exchange: `${mine}_typo`, routingKey: 'a' }))).toMatchObject({
      code: 'publish.NO_EXCHANGE',
      details: { happened: false },
    });
    expect(await call({ exchange: mine, routingKey: 'order.next', body: null })).toEqual({});
    expect(await next()).toMatchObject({ content: Buffer.from('null') });
  });

  test.each([
    ['NOT_SENT', { happened: false }, null],
    ['NACKED', { happened: false }, null],
    ['REFUSED', { happened: false }, false],
    ['CONFIRM_TIMEOUT', {}, null],
    ['CHANNEL_CLOSED', {}, null],
  ] as const)('says of %s what is known', async (code, details, retryable) => {
    const failing = publishHandler(() => Promise.resolve({ kind: 'failed', cause: new BrokerError(code, 'why') }), broker.prefix);
    const error = await failureOf(failing.run({ exchange: mine }, attemptUnderTest()));
    expect([error.code, error.details, error.retryable]).toEqual([`publish.${code}`, details, retryable]);
  });

  test.each<[Json, RegExp]>([
    [{ routingKey: 'a' }, /`exchange` is missing/],
    [{ exchange: 'a', key: 'b' }, /`key` is not a field/],
    [{ exchange: 'a', routingKey: 'x'.repeat(256) }, /longer than 255 bytes/],
    [{ exchange: 'a', headers: { CC: ['reprise.inbox.0'] } }, /`headers.CC` is not supported/],
    [{ exchange: 'a', headers: [] }, /`headers` must be a map, not a list/],
  ])('refuses %j for good', async (input, message) => {
    expect(await failureOf(call(input))).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});
