import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID, task } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const line = (over: Record<string, unknown> = {}) => ({
  at: '2030-01-01T00:00:00.000Z',
  level: 'info',
  source: 'log',
  message: 'charged',
  fields: null,
  cut: false,
  skipped: 0,
  ...over,
});
const log = (items: readonly unknown[]) => ({ run: ID, task: 'fetch', attempt: 2, items, next: null, truncated: false });

test('the log of the newest attempt, as lines, with its gaps', async () => {
  replies.set(`GET /v1/runs/${ID}/tasks/page%5B3%5D`, { status: 200, body: { ...task({ attempt: 2 }), input: null } });
  const items = [
    line({ fields: { amount: 3 } }),
    line({ source: 'stderr', message: '\u001b[31mred', cut: true, skipped: 7 }),
    line({ level: 'warn', message: 'slow' }),
  ];
  replies.set(`GET /v1/runs/${ID}/tasks/page%5B3%5D/attempts/2/log`, { status: 200, body: log(items) });
  const { code, out } = await reprise(['run', 'logs', ID, 'page[3]']);
  expect(code).toBe(0);
  const [first, gap, second, third] = out.split('\n');
  expect(first).toBe('2030-01-01T00:00:00.000Z info   charged {"amount":3}');
  expect(gap).toBe('… 7 lines left out …');
  expect(second).toMatch(/^2030-01-01T00:00:00.000Z stderr .*red…$/);
  expect(second).not.toContain('\u001b');
  expect(third).toBe('2030-01-01T00:00:00.000Z warn   slow');
});

test('of an attempt that is asked for; one that has written nothing says so', async () => {
  replies.set(`GET /v1/runs/${ID}/tasks/fetch/attempts/1/log`, { status: 200, body: log([]) });
  const { code, out, err } = await reprise(['run', 'logs', ID, 'fetch', '--attempt', '1']);
  expect([code, out, err]).toEqual([0, '', expect.stringContaining('has written nothing')]);
  expect(asked).toHaveLength(1);
  expect((await reprise(['run', 'logs', ID, 'fetch', '--attempt', '0'])).code).toBe(2);
  replies.set(`GET /v1/runs/${ID}/tasks/fetch`, { status: 200, body: { ...task({ attempt: 0 }), input: null } });
  expect((await reprise(['run', 'logs', ID, 'fetch'])).err).toContain('no attempt yet');
  expect((await reprise(['run', 'logs', ID, 'fetch', '--attempt', '9'])).code).toBe(3);
});
