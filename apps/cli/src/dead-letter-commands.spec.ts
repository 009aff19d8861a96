import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const letter = (over: Record<string, unknown> = {}) => ({
  id: ID,
  queue: 'trigger',
  reason: 'the body is not acceptable JSON',
  state: 'open',
  origin: { exchange: 'reprise.events', routingKey: 'order.placed' },
  body: { text: 'x' },
  properties: {},
  receivedAt: '2030-01-01T00:00:00.000Z',
  redriveOf: null,
  redrives: 0,
  askedBy: null,
  askedAt: null,
  discardReason: null,
  lastError: null,
  settledAt: null,
  ...over,
});

test('dead letters are listed, those that wait for a decision unless asked otherwise', async () => {
  replies.set('GET /v1/dead-letters', {
    status: 200,
    body: { items: [letter(), letter({ lastError: 'no queue' })], next: 'more' },
  });
  const { code, out, err } = await reprise(['dlq', 'list', '--state', 'redriven', '--limit', '2']);
  expect([code, asked[0]?.url]).toEqual([0, '/v1/dead-letters?state=redriven&limit=2']);
  expect(out).toMatch(/trigger +open +2030-01-01T00:00:00.000Z +0 +the body is not acceptable JSON\n/);
  expect(out).toMatch(/ no queue\n/);
  expect(err).toContain('--cursor more');
});

test('one is sent again; what the broker has not confirmed yet says so', async () => {
  replies.set(`POST /v1/dead-letters/${ID}/redrive`, (_, times) =>
    times === 0 ? { status: 200, body: letter({ state: 'redriven' }) } : { status: 202, body: letter({ state: 'redriving' }) },
  );
  const done = await reprise(['dlq', 'redrive', ID]);
  expect(done.code).toBe(0);
  expect(done.out).toMatch(/State: +redriven\nOrigin: +reprise.events order.placed\n/);
  expect((await reprise(['dlq', 'redrive', ID])).out).toMatch(/State: +redriving: it is sent until/);
});

test('one is discarded with a reason; one that is settled is a conflict', async () => {
  const discarded = letter({ state: 'discarded', askedBy: 'ann', discardReason: 'no use' });
  replies.set(`POST /v1/dead-letters/${ID}/discard`, (_, times) =>
    times === 0
      ? { status: 200, body: discarded }
      : { status: 409, body: { code: 'wrong_state', detail: 'The dead letter is discarded.' } },
  );
  const done = await reprise(['dlq', 'discard', ID, '--reason', 'no use']);
  expect([done.code, JSON.parse(asked[0]?.body ?? '')]).toEqual([0, { reason: 'no use' }]);
  expect(done.out).toMatch(/Asked by: +ann\nBecause: +no use\n/);
  const again = await reprise(['dlq', 'discard', ID]);
  expect([again.code, again.err]).toEqual([5, expect.stringContaining('is discarded')]);
});
