import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CommandLine } from '../test/command-line.js';
import { failedAttempt, ID, run, task } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, file, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('run start', () => {
  const path = 'POST /v1/workflows/sync/runs';

  test('sends input, key, version and labels; prints the id on stdout and the next command on stderr', async () => {
    replies.set(path, { status: 202, body: { id: ID, status: 'running' } });
    const input = file('input.json', '{"pages": 3}');
    const args = [
      'run',
      'start',
      'sync',
      '--input',
      `@${input}`,
      '--key',
      'k1',
      '--version',
      '1.2.0',
      '--label',
      'team=red',
      'tier=a=b',
      '--token',
      'abc',
      '--url',
      cli.url,
    ];
    const ran = await reprise(args);
    expect(ran).toMatchObject({ code: 0, out: `Run:     ${ID}\nStatus:  running\n`, err: `watch it: reprise run watch ${ID}\n` });
    expect(asked[0]?.headers).toMatchObject({
      'idempotency-key': 'k1',
      authorization: 'Bearer abc',
      'content-type': 'application/json',
    });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      input: { pages: 3 },
      version: '1.2.0',
      labels: { team: 'red', tier: 'a=b' },
    });
    const piped = await reprise(['run', 'start', 'sync', '--input', '@-', '-o', 'json'], { stdin: '{"a":1}' });
    expect(JSON.parse(piped.out)).toEqual({ id: ID, status: 'running', created: true });
    expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ input: { a: 1 } });
  });

  test('a key used with other input → 5; input against the schema → 2 with every problem', async () => {
    replies.set(path, { status: 422, body: { status: 422, code: 'idempotency_mismatch', detail: 'used' } });
    expect((await reprise(['run', 'start', 'sync', '--key', 'k'])).code).toBe(5);
    const errors = [
      { path: 'input.a', message: 'must be a number' },
      { path: 'input.b', message: 'is required' },
    ];
    replies.set(path, { status: 422, body: { status: 422, code: 'invalid_input', detail: 'the input is wrong', errors } });
    expect(await reprise(['run', 'start', 'sync'])).toMatchObject({
      code: 2,
      err: 'error: the input is wrong\n  input.a: must be a number\n  input.b: is required\n',
    });
  });

  test.each([
    ['succeeded', 0],
    ['failed', 10],
    ['cancelled', 11],
  ])('--wait ends when the run has: %s → %i', async (status, exit) => {
    replies.set(path, { status: 202, body: { id: ID, status: 'running' } });
    replies.set(`GET /v1/runs/${ID}`, (_asked, times) => ({
      status: 200,
      body: run(times < 2 ? { status: 'running', endedAt: null } : { status }),
    }));
    const ran = await reprise(['run', 'start', 'sync', '--wait', '-o', 'json']);
    expect([ran.code, JSON.parse(ran.out).status]).toEqual([exit, status]);
  });

  test('--wait=300ms gives up with 6, and says what the run waits for; it goes on', async () => {
    replies.set(path, { status: 202, body: { id: ID, status: 'running' } });
    replies.set(`GET /v1/runs/${ID}`, {
      status: 200,
      body: run({ status: 'running', endedAt: null, nextText: 'charge is parked' }),
    });
    expect(await reprise(['run', 'start', 'sync', '--wait=300ms'])).toEqual({
      code: 6,
      out: '',
      err: `charge is parked\nerror: run ${ID} has not ended within 300ms; it goes on\nwatch it: reprise run watch ${ID}\n`,
    });
  });
});

describe('output', () => {
  test('is a table for people, and for programs exactly what the server sent', async () => {
    const page = { items: [{ ...run({ key: 'order-1' }), tasks: undefined }], next: 'abc' };
    replies.set('GET /v1/runs', { status: 200, body: page });
    const plain = await reprise(['run', 'list', '--status', 'failed', '--label', 'team=red', '-q', 'or', '--limit', '5']);
    expect(asked[0]?.url).toBe('/v1/runs?limit=5&status=failed&q=or&label.team=red');
    expect(plain.out.split('\n')).toEqual([
      'ID                                     WORKFLOW   STATUS      STARTED                    TOOK   KEY       ERROR',
      `${ID}   sync       succeeded   2030-01-01T00:00:00.000Z   1.0s   order-1   -`,
      '',
    ]);
    expect(plain.err).toBe('there are more: --cursor abc\n');
    const sent = JSON.parse(JSON.stringify(page));
    const json = await reprise(['run', 'list', '-o', 'json']);
    expect([JSON.parse(json.out), json.err]).toEqual([sent, '']);
    expect(parse((await reprise(['run', 'list', '-o', 'yaml'])).out)).toEqual(sent);
  });

  test('shows a run with its tasks, every attempt that failed, and no escape sequence from elsewhere', async () => {
    const tasks = [
      task({
        path: 'page',
        kind: 'list',
        call: null,
        items: { total: 3, started: 3, done: 1, failed: 0 },
        status: 'running',
        endedAt: null,
      }),
      task({
        path: 'page[0]',
        attempts: [failedAttempt, { ...failedAttempt, number: 2, status: 'succeeded', error: null, verdictText: null }],
      }),
    ];
    replies.set(`GET /v1/runs/${ID}`, {
      status: 200,
      body: run({ tasks, status: 'failed', error: { code: 'X', message: 'no', task: 'page[0]' } }),
    });
    const { code, out } = await reprise(['run', 'show', ID]);
    expect(code).toBe(0);
    expect(out).toMatch(/Error:\s+page\[0\], attempt 2: X: no/);
    expect(out).toMatch(/● page {2}running {2}1 of 3/);
    expect(out).toMatch(/✗ attempt 1 failed {2}200ms {2}http\.503: busy \[31mred {2}→ attempt 2 waits 1s/);
    expect(out).toMatch(/✓ attempt 2 succeeded/);
    expect(out).not.toContain('\u001b');
  });

  test('shows the effects of a task: the key they are found by, what came of them, who has said so', async () => {
    const effect = { state: 'in_doubt', onInDoubt: 'park', attempt: 1, result: null, settledBy: null };
    const effects = [
      { ...effect, name: 'charge', key: 'r/pay/charge', error: { code: 'INTERNAL', message: 'socket hang up' } },
      { ...effect, name: 'mail', key: 'r/pay/mail', error: null, state: 'committed', result: { id: 7 }, settledBy: 'anna' },
    ];
    const body = run({ status: 'running', endedAt: null, tasks: [task({ path: 'pay', status: 'parked', effects })] });
    replies.set(`GET /v1/runs/${ID}`, { status: 200, body });
    const { out } = await reprise(['run', 'show', ID]);
    expect(out.split('\n').slice(-3, -1)).toEqual([
      '    effect charge in_doubt  key r/pay/charge  INTERNAL: socket hang up',
      '    effect mail committed  said by anna  key r/pay/mail  {"id":7}',
    ]);
  });

  test('tells of a run that has failed which task, which attempt, what was decided, and what to do next', async () => {
    const verdict = { reason: 'failure', action: 'fail', attempt: 2, count: 2, limit: 2, code: 'X' };
    const last = { ...failedAttempt, number: 2, verdict, verdictText: '2 of 2 attempts used' };
    const shown = async (attempts: readonly unknown[], error: Record<string, unknown> = { task: 'charge' }) => {
      const tasks = [task({ path: 'charge', status: 'failed', attempt: 2, attempts })];
      const body = run({ status: 'failed', error: { code: 'X', message: 'no', ...error }, tasks, nextText: 'do `this`' });
      replies.set(`GET /v1/runs/${ID}`, { status: 200, body });
      const { out } = await reprise(['run', 'show', ID]);
      return Object.fromEntries([...out.matchAll(/^(Error|Decided|Next): +(.*)$/gm)].map(([, name, text]) => [name, text]));
    };
    expect(await shown([failedAttempt, last])).toEqual({
      Error: 'charge, attempt 2 of 2: X: no',
      Decided: '2 of 2 attempts used',
      Next: 'do `this`',
    });
    const lost = { ...last, verdict: { ...verdict, count: 1 } };
    expect(await shown([failedAttempt, lost])).toMatchObject({ Error: 'charge, attempt 2: X: no' });
    const unlimited = { ...last, verdict: { ...verdict, limit: 0 } };
    expect(await shown([failedAttempt, unlimited])).toMatchObject({ Error: 'charge, attempt 2: X: no' });
    expect(await shown([])).toEqual({ Error: 'charge: X: no', Next: 'do `this`' });
    expect(await shown([last], {})).toEqual({ Error: 'X: no', Next: 'do `this`' });
  });
});
