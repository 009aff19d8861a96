import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID, run, task } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const retry = `POST /v1/runs/${ID}/retry`;
const get = `GET /v1/runs/${ID}`;
const AGAIN = '2030-01-01T01:00:00.000Z';

describe('run retry', () => {
  test('asks for it, and says how to watch it', async () => {
    replies.set(retry, { status: 202, body: { id: ID, status: 'running', applied: true } });
    expect(await reprise(['run', 'retry', ID])).toMatchObject({
      code: 0,
      out: `Run:     ${ID}\nStatus:  running\n`,
      err: `watch it: reprise run watch ${ID}\n`,
    });
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([retry]);
  });

  test('says when nobody has come to it yet', async () => {
    replies.set(retry, { status: 202, body: { id: ID, status: 'failed', applied: false } });
    expect((await reprise(['run', 'retry', ID])).out).toContain('failed, kept until a scheduler comes to it');
  });

  test('of a run that cannot be is a conflict, with what to do instead', async () => {
    const body = {
      status: 409,
      code: 'not_retryable',
      detail: 'What the run had done has been undone.',
      hint: 'start a new run',
    };
    replies.set(retry, { status: 409, body });
    const { code, err } = await reprise(['run', 'retry', ID]);
    expect([code, err]).toEqual([5, expect.stringMatching(/has been undone[\s\S]*start a new run/)]);
  });

  test.each([
    ['succeeded', 0],
    ['failed', 10],
  ])('--wait ends when the run has ended anew, %s → %i: its old end is none', async (status, exit) => {
    replies.set(retry, { status: 202, body: { id: ID, status: 'failed', applied: false } });
    replies.set(get, (_asked, times) => ({
      status: 200,
      body: run(times < 3 ? { status: 'failed' } : times < 4 ? { status: 'running', endedAt: null } : { status, endedAt: AGAIN }),
    }));
    const ran = await reprise(['run', 'retry', ID, '--wait', '-o', 'json']);
    expect([ran.code, JSON.parse(ran.out)]).toMatchObject([exit, { status, endedAt: AGAIN }]);
  });

  test('--wait=300ms gives up with 6, whether it was taken up or not', async () => {
    for (const applied of [false, true]) {
      replies.set(retry, { status: 202, body: { id: ID, status: 'failed', applied } });
      replies.set(get, { status: 200, body: run(applied ? { status: 'running', endedAt: null } : { status: 'failed' }) });
      expect((await reprise(['run', 'retry', ID, '--wait=300ms'])).code).toBe(6);
    }
  });
});

test('a run shows how far its repeats have come, and when the next round is', async () => {
  const tasks = [
    task({
      path: 'poll',
      kind: 'rounds',
      call: null,
      attempt: 0,
      round: 3,
      status: 'waiting',
      endedAt: null,
      dueAt: '2999-01-01T00:00:00.000Z',
    }),
    task({ path: 'poll[3]' }),
    task({ path: 'group', kind: 'rounds', call: null, attempt: 2, round: 2 }),
    task({ path: 'pages', kind: 'rounds', call: null, attempt: 0, round: 7 }),
  ];
  replies.set(get, { status: 200, body: run({ tasks }) });
  const { out } = await reprise(['run', 'show', ID]);
  expect(out).toMatch(/◷ poll {2}waiting {2}round 3 {2}next in \d+/);
  expect(out).toMatch(/ {2}✓ poll\[3\]/);
  expect(out).toMatch(/✓ group {2}succeeded {2}attempt 2 {2}500ms/);
  expect(out).toMatch(/✓ pages {2}succeeded {2}round 7 {2}500ms/);
});
