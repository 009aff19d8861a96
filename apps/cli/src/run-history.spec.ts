import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const fact = (over: Record<string, unknown>) => ({
  at: '2030-01-01T00:00:00.000Z',
  kind: 'run.started',
  task: null,
  attempt: null,
  executor: null,
  by: null,
  error: null,
  why: null,
  whyText: null,
  verdict: null,
  verdictText: null,
  detail: null,
  ...over,
});
const attempt = { task: 'charge', attempt: 1 };

test('the history has every fact in order, with who did it and what was decided', async () => {
  const items = [
    fact({ by: 'ann' }),
    fact({ ...attempt, kind: 'attempt.queued', why: { reason: 'first' }, whyText: 'the first attempt' }),
    fact({ ...attempt, kind: 'attempt.started', executor: 'ex' }),
    fact({
      ...attempt,
      kind: 'attempt.failed',
      executor: 'ex',
      error: { code: 'http.503', message: 'busy\u001b[31mred' },
      verdictText: 'attempt 2 waits 1s',
    }),
    fact({ task: 'charge', kind: 'task.resolved', by: 'bob', detail: { outcome: 'failed' } }),
  ];
  replies.set(`GET /v1/runs/${ID}/history`, { status: 200, body: { items, next: 'more' } });
  const { code, out, err } = await reprise(['run', 'history', ID, '--limit', '5', '--cursor', 'abc']);
  expect([code, asked[0]?.url]).toEqual([0, `/v1/runs/${ID}/history?limit=5&cursor=abc`]);
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line) => line.split(/ {3,}/).slice(1))).toEqual([
    ['FACT', 'TASK', 'ATTEMPT', 'EXECUTOR', 'BY', 'WHAT'],
    ['run.started', '-', '-', '-', 'ann', '-'],
    ['attempt.queued', 'charge', '1', '-', '-', '-'],
    ['attempt.started', 'charge', '1', 'ex', '-', '-'],
    ['attempt.failed', 'charge', '1', 'ex', '-', 'http.503: busy [31mred  → attempt 2 waits 1s'],
    ['task.resolved', 'charge', '-', '-', 'bob', '{"outcome":"failed"}'],
  ]);
  expect(err).toBe('there are more: --cursor more\n');
});

test('programs get what the server sent; a run that is not there is 3', async () => {
  const body = { items: [fact({})], next: 'more' };
  replies.set(`GET /v1/runs/${ID}/history`, { status: 200, body });
  const json = await reprise(['run', 'history', ID, '-o', 'json']);
  expect([JSON.parse(json.out), json.err]).toEqual([body, '']);
  expect(parse((await reprise(['run', 'history', ID, '-o', 'yaml'])).out)).toEqual(body);
  expect(asked[0]?.url).toBe(`/v1/runs/${ID}/history`);
  expect((await reprise(['run', 'history', `${ID}0`])).code).toBe(3);
});
