import { describe, expect, test } from '@jest/globals';
import type { DeliveryProperties } from '@reprise/broker';
import type { Json } from '@reprise/core';
import { delivered } from '../../test/deliveries.js';
import { readAmqpEvent } from '../amqp/read-amqp-event.js';
import { eventFingerprint } from '../events/read-cloud-event.js';
import { readHttpEvents } from './read-http-events.js';

const LIMITS = { maxEventBytes: 10_000, maxDepth: 16 };
const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
const EVENT = { specversion: '1.0', id: 'e1', source: 'shop', type: 'order.placed', data: { a: 1 } };

const http = (body: Json, headers: Record<string, string> = STRUCTURED) => readHttpEvents(headers, body);
let fresh = 0;
const amqp = (body: unknown, properties: Partial<DeliveryProperties> = {}, routingKey = 'order.placed') =>
  readAmqpEvent(delivered(routingKey, body, properties), LIMITS, () => `fresh-${++fresh}`);
const ok = (read: ReturnType<typeof amqp> | undefined) => {
  if (read?.kind !== 'ok') throw new Error(`not an event: ${JSON.stringify(read)}`);
  return read.event;
};

describe('a structured event', () => {
  test('has its attributes beside its data', () => {
    expect(ok(http({ ...EVENT, subject: 's', time: '2030-01-01T00:00:00.5+02:00', tenant: 'blue', flag: true })[0])).toEqual({
      id: 'e1',
      source: 'shop',
      type: 'order.placed',
      subject: 's',
      time: '2030-01-01T00:00:00.5+02:00',
      data: { a: 1 },
      extensions: { tenant: 'blue', flag: 'true' },
      anonymous: false,
    });
    const { data: _, ...without } = EVENT;
    expect(ok(http(without)[0]).data).toBeNull();
  });

  test('may have its data in base64, if that is JSON', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { data: _, ...without } = EVENT;
    expect(ok(http({ ...without, data_base64: base64('{"b":2}') })[0]).data).toEqual({ b: 2 });
    for (const data_base64 of [base64('PDF'), '%%%', 5, base64('"\\u0000"')]) {
      expect(http({ ...without, data_base64 })).toEqual([{ kind: 'bad', reason: 'data_base64 must hold JSON text in base64' }]);
    }
  });

  test('comes over AMQP as well', () => {
    expect(ok(amqp(EVENT, { contentType: 'Application/CloudEvents+json' }, 'whatever'))).toMatchObject({
      id: 'e1',
      type: 'order.placed',
      anonymous: false,
    });
  });

  test.each<[string, Record<string, Json>, string]>([
    ['no id', { id: '' }, 'the CloudEvents attribute "id" is missing'],
    ['a number for an id', { id: 5 }, 'the CloudEvents attribute "id" must be text, got number'],
    ['no source', { source: null }, 'the CloudEvents attribute "source" is missing'],
    ['too long a source', { source: 's'.repeat(1_025) }, 'the CloudEvents attribute "source" is longer than 1024 characters'],
    ['NUL in its id', { id: 'a\u0000' }, 'the CloudEvents attribute "id" has control characters or lone surrogates in it'],
    [
      'a lone surrogate',
      { subject: '\ud800' },
      'the CloudEvents attribute "subject" has control characters or lone surrogates in it',
    ],
    ['an odd subject', { subject: { a: 1 } }, 'the CloudEvents attribute "subject" must be text, got object'],
    ['no type', { type: '' }, 'the CloudEvents attribute "type" is missing'],
    ['a type that is no topic', { type: 'a..b' }, 'type must be words of letters, digits, _ and - joined by dots, got "a..b"'],
    ['another version', { specversion: '0.3' }, 'specversion must be "1.0", got "0.3"'],
    ['a time that is none', { time: 'soon' }, 'time must be RFC 3339, got "soon"'],
    ['a time without a day', { time: '2030' }, 'time must be RFC 3339, got "2030"'],
    ['a time that is a number', { time: 5 }, 'time must be RFC 3339, got 5'],
    ['a time no calendar has', { time: '2030-13-01T00:00:00Z' }, 'time must be RFC 3339, got "2030-13-01T00:00:00Z"'],
  ])('that has %s is refused, and the attribute is named', (_, fields, reason) => {
    expect(http({ ...EVENT, ...fields })).toEqual([{ kind: 'bad', reason }]);
  });

  test.each<Json>([null, [], 'text', 5])('cannot be %j', (body) => {
    expect(http(body)).toEqual([{ kind: 'bad', reason: 'a structured CloudEvent must be a JSON object' }]);
  });
});

describe('a batch', () => {
  test('is a list; each event is read for itself', () => {
    expect(http([EVENT, { ...EVENT, id: '' }, { ...EVENT, id: 'e3' }], BATCH).map(({ kind }) => kind)).toEqual([
      'ok',
      'bad',
      'ok',
    ]);
    expect(http(EVENT, BATCH)).toEqual([{ kind: 'bad', reason: 'a batch must be a JSON list of events' }]);
    expect(http([], BATCH)).toEqual([]);
  });
});

describe('a binary event', () => {
  test('has its attributes in headers and its data in the body', () => {
    const headers = {
      'content-type': 'application/json',
      'ce-id': 'caf%C3%A9',
      'ce-source': 'shop',
      'ce-type': 'order.placed',
      'ce-tenant': '100%',
    };
    expect(ok(http([1, 2], headers)[0])).toMatchObject({ id: 'café', data: [1, 2], extensions: { tenant: '100%' } });
    expect(http({}, { 'ce-id': 'a%00', 'ce-source': 's', 'ce-type': 't' })[0]).toMatchObject({
      kind: 'bad',
      reason: expect.stringContaining('"id"'),
    });
    expect(http({}, { 'ce-type': 't', 'ce-source': 's' })[0]).toEqual({
      kind: 'bad',
      reason: 'the CloudEvents attribute "id" is missing',
    });
  });

  test.each(['cloudEvents:', 'cloudEvents_'])('has them over AMQP with the prefix %s', (prefix) => {
    const headers = {
      [`${prefix}id`]: 'e1',
      [`${prefix}source`]: 'shop',
      [`${prefix}type`]: 'order.paid',
      [`${prefix}Tenant`]: 'blue',
      other: 1,
    };
    expect(ok(amqp({ a: 1 }, { headers, messageId: 'm1' }))).toMatchObject({
      id: 'e1',
      source: 'shop',
      type: 'order.paid',
      data: { a: 1 },
      extensions: { tenant: 'blue' },
      anonymous: false,
    });
    expect(amqp({}, { headers: { [`${prefix}type`]: 'order.paid', [`${prefix}source`]: 's' } })).toMatchObject({ kind: 'bad' });
  });
});

test('a binary event without a body has no data', () => {
  const headers = { 'cloudEvents:id': 'e1', 'cloudEvents:source': 'shop', 'cloudEvents:type': 'order.paid' };
  expect(ok(amqp('', { headers }))).toMatchObject({ id: 'e1', type: 'order.paid', data: null, anonymous: false });
  const refused = { kind: 'bad', reason: 'the body is empty; JSON is expected' };
  expect(amqp('', { headers, contentType: STRUCTURED['content-type'] })).toEqual(refused);
  expect(amqp('', { headers: { tenant: 'blue' } })).toEqual(refused);
});

describe('the time of a binary event over AMQP', () => {
  const timed = (time: unknown, more: Record<string, unknown> = {}) =>
    amqp(
      {},
      {
        headers: { 'cloudEvents:id': 'e', 'cloudEvents:source': 's', 'cloudEvents:type': 't', 'cloudEvents:time': time, ...more },
      },
    );
  const timestamp = (value: unknown) => ({ '!': 'timestamp', value });

  test.each<[string, unknown, string]>([
    ['text', '2030-01-01T00:00:00+02:00', '2030-01-01T00:00:00+02:00'],
    ['a timestamp in seconds, as AMQP has it', timestamp(1_893_456_000), '2030-01-01T00:00:00Z'],
    ['a timestamp in milliseconds, as some clients send it', timestamp(1_893_456_000_123), '2030-01-01T00:00:00.123Z'],
  ])('may be %s', (_, time, expected) => {
    expect(ok(timed(time)).time).toBe(expected);
  });

  test('may be that of an extension too, but never an id', () => {
    expect(ok(timed(undefined, { 'cloudEvents:expires': timestamp(0) })).extensions).toEqual({ expires: '1970-01-01T00:00:00Z' });
    expect(timed(undefined, { 'cloudEvents:id': timestamp(1) })).toMatchObject({
      reason: expect.stringContaining('must be text'),
    });
  });

  test.each([timestamp(1e20), timestamp('soon'), { '!': 'decimal', value: 1 }, 1_893_456_000])('cannot be %j', (time) => {
    expect(timed(time)).toEqual({ kind: 'bad', reason: `time must be RFC 3339, got ${JSON.stringify(time)}` });
  });
});

describe('bare JSON over AMQP', () => {
  test('is an event: type by the routing key, source by the sender, id by the message', () => {
    expect(ok(amqp({ a: 1 }, { messageId: 'm1', appId: 'shop' }))).toMatchObject({
      id: 'm1',
      source: 'amqp/shop',
      type: 'order.placed',
      data: { a: 1 },
      anonymous: false,
    });
  });

  test('without an id is an event of its own, which begins with the hash of its type and body', () => {
    const hash = (id: string) => id.slice(0, id.lastIndexOf(':'));
    const [first, again, other, elsewhere] = [
      amqp({ a: 1 }),
      amqp({ a: 1 }),
      amqp({ a: 2 }),
      amqp({ a: 1 }, {}, 'order.paid'),
    ].map(ok);
    expect(first).toMatchObject({ anonymous: true, id: expect.stringMatching(/^body:[0-9a-f]{64}:fresh-\d+$/) });
    expect(again?.id).not.toBe(first?.id);
    expect(hash(again?.id ?? '')).toBe(hash(first?.id ?? ''));
    expect(hash(other?.id ?? '')).not.toBe(hash(first?.id ?? ''));
    // The same body under another type is another event.
    expect(hash(elsewhere?.id ?? '')).not.toBe(hash(first?.id ?? ''));
  });

  test.each<[string, unknown, string, string]>([
    ['too large', `"${'x'.repeat(10_000)}"`, 'a.b', 'the body has 10002 bytes, more than the limit of 10000'],
    ['empty', '', 'a.b', 'the body is empty; JSON is expected'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'a.b', 'the body is not UTF-8'],
    ['no JSON', '{"a":', 'a.b', 'the body is not acceptable JSON'],
    ['too deep', '['.repeat(20) + ']'.repeat(20), 'a.b', 'the body'],
    ['something Postgres does not keep', '{"a":["\\u0000"]}', 'a.b', 'the body'],
    ['something Postgres does not keep, as a key', '{"\\ud800":1}', 'a.b', 'the body'],
    ['under a key that is no topic', '{}', 'a b', 'type must be words'],
  ])('that is %s is refused with the reason', (_, body, routingKey, reason) => {
    expect(amqp(body, { messageId: 'm' }, routingKey)).toEqual({ kind: 'bad', reason: expect.stringContaining(reason) });
  });
});

test('two events of one id are the same when type, subject and data agree, however they are written', () => {
  const print = (fields: Record<string, Json>) => eventFingerprint(ok(http({ ...EVENT, ...fields })[0]));
  expect(print({ data: { b: 1, a: [2] }, time: '2030-01-01T00:00:00Z' })).toBe(print({ data: { a: [2], b: 1 } }));
  expect(print({ data: { a: 2 } })).not.toBe(print({}));
  expect(print({ subject: 's' })).not.toBe(print({}));
  expect(print({ type: 'order.paid' })).not.toBe(print({}));
});
