import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const event = (outcome: string, results: readonly unknown[], count = 1) => ({
  id: 'e1',
  source: '/shop',
  type: 'order.placed',
  subject: null,
  outcome,
  results,
  woken: 0,
  receivedAt: '2030-01-01T00:00:00.000Z',
  count,
  lastReceivedAt: '2030-01-01T00:00:00.000Z',
});

test('events are listed with the runs each started, found or woke, or with why there is none', async () => {
  const items = [
    event('accepted', [
      { workflow: 'sync', kind: 'started', run: ID },
      { workflow: 'audit', kind: 'exists', run: ID },
      { workflow: 'pay', kind: 'woke', count: 25, runs: [ID] },
    ]),
    event('unmatched', [{ workflow: 'sync', kind: 'unmatched', reason: 'its `if` is false' }]),
    event('conflict', [{ workflow: '*', kind: 'conflict', reason: 'its id was used with other content' }]),
    event('unmatched', []),
    event('accepted', [{ workflow: 'sync', kind: 'later' }]),
  ];
  replies.set('GET /v1/events', { status: 200, body: { items, next: 'more' } });
  const args = ['event', 'list', '--type', 'order.placed', '--outcome', 'accepted', '--limit', '5', '--cursor', 'abc'];
  const { code, out, err } = await reprise(args);
  expect([code, asked[0]?.url]).toEqual([0, '/v1/events?type=order.placed&outcome=accepted&limit=5&cursor=abc']);
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {3,}/));
  expect(rows[0]).toEqual(['RECEIVED', 'TYPE', 'SOURCE', 'ID', 'OUTCOME', 'RUNS, REASONS']);
  expect(rows[1]?.slice(0, 5)).toEqual(['2030-01-01T00:00:00.000Z', 'order.placed', '/shop', 'e1', 'accepted']);
  expect(rows.slice(1).map((row) => row[5])).toEqual([
    `sync: ${ID}; audit: ${ID} (its key stands for it); pay: woke 25: ${ID} …`,
    'sync: its `if` is false',
    'its id was used with other content',
    '-',
    '{"workflow":"sync","kind":"later"}',
  ]);
  expect(err).toBe('there are more: --cursor more\n');
});

test('events that came again say how often', async () => {
  const body = {
    items: [event('duplicate', [{ workflow: '*', kind: 'duplicate', reason: 'it was seen before' }], 3)],
    next: null,
  };
  replies.set('GET /v1/events', { status: 200, body });
  const { out } = await reprise(['event', 'list', '--outcome', 'duplicate']);
  expect(asked[0]?.url).toBe('/v1/events?outcome=duplicate');
  expect(out).toContain('duplicate x3');
});

test('programs get what the server sent; an outcome that there is not is wrong usage', async () => {
  const body = { items: [event('rejected', [])], next: null };
  replies.set('GET /v1/events', { status: 200, body });
  const json = await reprise(['event', 'list', '-o', 'json']);
  expect([JSON.parse(json.out), json.err, asked[0]?.url]).toEqual([body, '', '/v1/events']);
  expect((await reprise(['event', 'list', '--outcome', 'lost'])).code).toBe(2);
});
