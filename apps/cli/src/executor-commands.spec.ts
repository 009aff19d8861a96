import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const executor = {
  id: 'host/17/ab12cd34',
  queues: ['default', 'slow'],
  handlers: ['a.a', 'a.b', 'a.c', 'a.d', 'a.e', 'a.f'],
  concurrency: 20,
  busy: 3,
  free: 17,
  version: '0.1.0',
  startedAt: '2030-01-01T00:00:00.000Z',
  lastSeenAt: '2030-01-01T00:10:00.000Z',
  leaseUntil: '2030-01-01T00:10:15.000Z',
};
const foreign = {
  ...executor,
  id: 'amqp/py',
  queues: ['python'],
  handlers: ['text.count'],
  concurrency: 4,
  busy: null,
  free: null,
  version: null,
};

test('executors are listed with what they host and how busy they are', async () => {
  const body = { items: [executor, foreign], next: null };
  replies.set('GET /v1/executors', { status: 200, body });
  const { code, out } = await reprise(['executor', 'list']);
  expect(code).toBe(0);
  expect(out).toMatch(
    /host\/17\/ab12cd34 +default, slow +a\.a, a\.b, a\.c, a\.d and 2 more +3 +17 +2030-01-01T00:00:00\.000Z +2030-01-01T00:10:00\.000Z +0\.1\.0\n/,
  );
  expect(out).toMatch(/amqp\/py +python +text\.count +- +of 4 +2030-01-01T00:00:00\.000Z +2030-01-01T00:10:00\.000Z +-\n/);
  expect(JSON.parse((await reprise(['executor', 'list', '-o', 'json'])).out)).toEqual(body);
});
