import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const queue = (over: Record<string, unknown> = {}) => ({
  name: 'default',
  depth: 12,
  oldestAgeSeconds: 90,
  executors: 2,
  lanes: [
    { lane: 'high', depth: 0, oldestAgeSeconds: null, executors: 2 },
    { lane: 'normal', depth: 2, oldestAgeSeconds: 5, executors: 2 },
    { lane: 'retry', depth: 10, oldestAgeSeconds: 90, executors: 2 },
  ],
  paused: null,
  ...over,
});
const PAUSED = { at: '2030-01-01T00:00:00.000Z', by: 'ann', reason: 'the bank is down' };

test('queues are listed with how much waits and what is paused', async () => {
  const other = queue({ name: 'other', lanes: [], depth: null, oldestAgeSeconds: null, paused: PAUSED });
  replies.set('GET /v1/queues', { status: 200, body: { items: [queue(), other], next: null } });
  const { code, out } = await reprise(['queue', 'list']);
  expect(code).toBe(0);
  expect(out).toMatch(/default +12 +normal 2 \(5\.0s\), retry 10 \(1m30s\) +1m30s +2 +-\n/);
  expect(out).toMatch(/other +- +- +- +2 +since 2030-01-01T00:00:00.000Z by ann: the bank is down\n/);
});

test.each([
  ['queue list', '/v1/queues', queue({ name: 'first' }), queue({ name: 'last' })],
  [
    'schedule backfills a/b',
    '/v1/schedules/a/b/backfills',
    { id: 'first', total: 1, left: 0 },
    { id: 'last', total: 1, left: 0 },
  ],
])('%s shows all there are, however many pages that is', async (command, path, first, last) => {
  replies.set(`GET ${path}`, (_, times) => ({
    status: 200,
    body: times === 0 ? { items: [first], next: 'more' } : { items: [last], next: null },
  }));
  const { code, out } = await reprise([...command.split(' '), '-o', 'json']);
  expect([code, JSON.parse(out)]).toEqual([0, { items: [first, last], next: null }]);
  expect(asked.map(({ url }) => url)).toEqual([`${path}?limit=500`, `${path}?limit=500&cursor=more`]);
});

test('one is paused with a reason, also before anybody reads it, and resumed', async () => {
  replies.set('POST /v1/queues/a%2Fb/pause', { status: 200, body: queue({ name: 'a/b', executors: 0, paused: PAUSED }) });
  const paused = await reprise(['queue', 'pause', 'a/b', '--reason', 'the bank is down']);
  expect([paused.code, JSON.parse(asked[0]?.body ?? '')]).toEqual([0, { reason: 'the bank is down' }]);
  expect(paused.out).toMatch(/Paused: +since 2030-01-01T00:00:00.000Z by ann: the bank is down\n/);
  expect(paused.err).toContain('No executor reads a/b now');
  replies.set('POST /v1/queues/default/resume', { status: 200, body: queue() });
  expect((await reprise(['queue', 'resume', 'default'])).out).toMatch(/Paused: +no\n/);
});

test('one that is in that state already is a conflict', async () => {
  replies.set('POST /v1/queues/default/resume', { status: 409, body: { code: 'wrong_state', detail: 'It is not paused.' } });
  const { code, err } = await reprise(['queue', 'resume', 'default']);
  expect([code, err]).toEqual([5, expect.stringContaining('It is not paused.')]);
});
