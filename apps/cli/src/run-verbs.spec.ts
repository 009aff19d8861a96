import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID, run } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('what is asked of a run while it goes on', () => {
  test.each([
    ['pause', 'paused'],
    ['resume', 'running'],
  ])('run %s says what the run is now', async (verb, status) => {
    replies.set(`POST /v1/runs/${ID}/${verb}`, { status: 200, body: { id: ID, status, applied: true } });
    expect(await reprise(['run', verb, ID])).toMatchObject({ code: 0, out: `Run:     ${ID}\nStatus:  ${status}\n` });
    replies.set(`POST /v1/runs/${ID}/${verb}`, { status: 202, body: { id: ID, status: 'running', applied: false } });
    expect((await reprise(['run', verb, ID])).out).toContain('running, kept until a scheduler comes to it');
  });

  test('retry-now and resolve name the task; a result and a reason go along', async () => {
    const at = `/v1/runs/${ID}/tasks/page%5B3%5D.charge%3Acompensate`;
    replies.set(`POST ${at}/retry-now`, { status: 200, body: { id: ID, task: 'x', status: 'ready', applied: true } });
    replies.set(`POST ${at}/resolve`, { status: 200, body: { id: ID, task: 'x', status: 'succeeded', applied: true } });
    expect((await reprise(['run', 'retry-now', ID, 'page[3].charge:compensate'])).out).toBe(
      `Run:     ${ID}\nTask:    x\nStatus:  ready\n`,
    );
    const args = ['run', 'resolve', ID, 'page[3].charge:compensate', 'succeeded', '--result', '{"id":7}', '--reason', 'seen it'];
    expect((await reprise(args)).code).toBe(0);
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toEqual({ outcome: 'succeeded', output: { id: 7 }, reason: 'seen it' });
    await reprise(['run', 'resolve', ID, 'page[3].charge:compensate', 'retry']);
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toEqual({ outcome: 'retry' });
    expect((await reprise(['run', 'resolve', ID, 'x', 'maybe'])).code).toBe(2);
  });

  test('settle says what has become of effects, with a result where there is one', async () => {
    replies.set(`POST /v1/runs/${ID}/tasks/pay/settle`, {
      status: 200,
      body: { id: ID, task: 'pay', status: 'cancelled', applied: true },
    });
    const found = ['--happened', 'charge={"id":7}', '--happened', 'mail', '--not-happened', 'points', '--reason', 'their books'];
    expect((await reprise(['run', 'settle', ID, 'pay', ...found])).out).toContain('Status:  cancelled');
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toEqual({
      effects: [
        { name: 'charge', happened: true, result: { id: 7 } },
        { name: 'mail', happened: true, result: null },
        { name: 'points', happened: false },
      ],
      reason: 'their books',
    });
    expect(await reprise(['run', 'settle', ID, 'pay'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--happened or --not-happened'),
    });
  });

  test('a state it does not fit → 5, with what to do', async () => {
    const body = { status: 409, code: 'wrong_state', detail: 'The run is failed.', hint: 'it has ended' };
    replies.set(`POST /v1/runs/${ID}/pause`, { status: 409, body });
    expect(await reprise(['run', 'pause', ID])).toMatchObject({ code: 5, err: expect.stringContaining('The run is failed.') });
  });
});

test('a run that undoes what it did says so', async () => {
  const undoing = run({ status: 'running', closing: 'failed', endedAt: null, phase: 'compensating' });
  replies.set(`GET /v1/runs/${ID}`, { status: 200, body: undoing });
  expect((await reprise(['run', 'show', ID])).out).toContain('running, undoing what it did (failed)');
  replies.set(`GET /v1/runs/${ID}`, { status: 200, body: { ...undoing, phase: 'onFailure' } });
  expect((await reprise(['run', 'show', ID])).out).toContain('running, in onFailure (failed)');
});
