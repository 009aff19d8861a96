import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { EventViews } from '@reprise/ledger';
import { StartsUnderTest } from '../../test/starts-under-test.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { StartRequest } from './start-request.js';

let starts: StartsUnderTest;

beforeAll(async () => {
  starts = await StartsUnderTest.create(2);
  await starts.register('workflow: orders\non: [{ event: order.* }]\ntasks: { a: { call: shop.work } }');
});
afterAll(() => starts[Symbol.asyncDispose]());

const event = (id: string, data: Json, fields: Partial<TriggerEvent> = {}, redelivered = false): StartRequest => ({
  kind: 'event',
  event: {
    source: 'shop',
    id,
    type: 'order.placed',
    subject: null,
    time: null,
    data,
    extensions: {},
    anonymous: false,
    ...fields,
  },
  redelivered,
  via: 'amqp',
});

async function listed(outcome: 'duplicate' | 'conflict', id: string) {
  const listing = await new EventViews(starts.db.database).list({ type: null, outcome }, { cursor: null, limit: 500 });
  if (listing.kind !== 'page') throw new Error(listing.kind);
  return listing.page.items.filter((each) => each.id === id);
}

test('an event whose id was seen with another body can be asked for, with the reason, however often it comes', async () => {
  await starts.start([event('c', 1)]);
  expect(await listed('conflict', 'c')).toEqual([]);
  await starts.start([event('c', 2)]);
  const [first] = await listed('conflict', 'c');
  expect(first).toMatchObject({ source: 'shop', type: 'order.placed', count: 1 });
  expect(first?.results).toMatchObject([
    { workflow: '*', kind: 'conflict', reason: expect.stringContaining('with other content') },
  ]);
  await starts.start([event('c', 3, { type: 'order.paid', subject: 's' }), event('c', 4)]);
  const [second, ...more] = await listed('conflict', 'c');
  expect(more).toEqual([]);
  expect(second).toMatchObject({ count: 3, receivedAt: first?.receivedAt });
  expect(second?.results).not.toEqual(first?.results);
  expect(await listed('duplicate', 'c')).toEqual([]);
});

test('an event within a batch with its twin and its rival is each of the three', async () => {
  const answers = await starts.start([event('b', 1), event('b', 1), event('b', 2), event('b', 1)]);
  expect(answers.map((each) => each.kind === 'event' && each.outcome)).toEqual([
    'accepted',
    'duplicate',
    'conflict',
    'duplicate',
  ]);
  expect(await listed('duplicate', 'b')).toMatchObject([{ count: 2 }]);
  expect(await listed('conflict', 'b')).toMatchObject([{ count: 1 }]);
});

test('a redelivered message without an id is a duplicate of what it was taken for first', async () => {
  const message = (id: string, redelivered: boolean) =>
    event(`body:x:${id}`, 1, { source: 'amqp/', anonymous: true }, redelivered);
  await starts.start([message('1', false)]);
  await starts.start([message('2', true)]);
  expect(await listed('duplicate', 'body:x:1')).toMatchObject([{ source: 'amqp/', count: 1 }]);
  expect(await listed('duplicate', 'body:x:2')).toEqual([]);
});

test('floods of the same events by several triggers are a row each, and count all of them', async () => {
  const flood = Array.from({ length: 20 }, (_, index) => event(`f${index}`, 1));
  await starts.start(flood);
  const batches = Array.from({ length: 12 }, (_, batch) =>
    starts.start(batch % 3 === 0 ? [...flood].reverse() : flood, batch % 2),
  );
  await Promise.all(batches);
  const rows = await starts.db.query<{ count: string }>(`select count from reprise.repeated_event where id ~ '^f\\d'`);
  expect(rows.map(({ count }) => Number(count))).toEqual(Array(20).fill(12));
});

test('events that never came before write nothing of the kind', async () => {
  const before = await starts.db.query('select 1 from reprise.repeated_event');
  await starts.start([event('new', 1), event('newer', 2)]);
  expect(await starts.db.query('select 1 from reprise.repeated_event')).toHaveLength(before.length);
});
