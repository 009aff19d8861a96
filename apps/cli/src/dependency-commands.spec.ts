import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const dependency = (over: Record<string, unknown> = {}) => ({
  name: 'bank',
  state: 'closed',
  since: null,
  until: null,
  cause: null,
  waiting: 0,
  calls: 40,
  failures: 1,
  retries: 1,
  ...over,
});
const OPEN = {
  state: 'open',
  since: '2030-01-01T00:00:00.000Z',
  until: '2030-01-01T00:00:05.000Z',
  cause: '20 of 30 calls within 30 s failed',
  waiting: 7,
};

test('dependencies are listed with their breakers, what failed and what waits', async () => {
  const body = { items: [dependency(), dependency({ name: 'mail', ...OPEN })], next: null };
  replies.set('GET /v1/dependencies', { status: 200, body });
  const { code, out } = await reprise(['dependency', 'list']);
  expect(code).toBe(0);
  expect(out).toMatch(/bank +closed +1 of 40 +0 +- +-\n/);
  expect(out).toMatch(/mail +open +1 of 40 +7 +2030-01-01T00:00:05.000Z +20 of 30 calls within 30 s failed\n/);
});

test('a breaker is opened with a reason, and closed', async () => {
  replies.set('POST /v1/dependencies/bank/open', { status: 200, body: dependency({ ...OPEN, until: null }) });
  const opened = await reprise(['dependency', 'open', 'bank', '--reason', 'night off']);
  expect([opened.code, JSON.parse(asked[0]?.body ?? '')]).toEqual([0, { reason: 'night off' }]);
  expect(opened.out).toMatch(/Breaker: +open\n/);
  replies.set('POST /v1/dependencies/bank/close', { status: 200, body: dependency({ ...OPEN, state: 'half-open' }) });
  expect((await reprise(['dependency', 'close', 'bank'])).out).toMatch(/Breaker: +half-open\n/);
});

test('one that is closed already is a conflict', async () => {
  replies.set('POST /v1/dependencies/bank/close', { status: 409, body: { code: 'wrong_state', detail: 'It is closed.' } });
  expect((await reprise(['dependency', 'close', 'bank'])).code).toBe(5);
});
