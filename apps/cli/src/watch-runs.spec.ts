import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { failedAttempt, ID, run, task } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('run watch', () => {
  test('tells each change once, a line each, and ends with the run’s own end', async () => {
    const looks = [
      run({
        status: 'running',
        endedAt: null,
        tasks: [
          task({ status: 'running', endedAt: null }),
          task({ path: 'last', status: 'pending', createdAt: null, queuedAt: null, startedAt: null, endedAt: null }),
        ],
      }),
      run({
        status: 'running',
        endedAt: null,
        tasks: [
          task({
            status: 'retrying',
            attempt: 2,
            startedAt: null,
            endedAt: null,
            nextRetryAt: '2030-01-01T00:00:02.000Z',
            attempts: [failedAttempt],
          }),
        ],
      }),
      run({
        status: 'failed',
        error: { code: 'http.503', message: 'busy', task: 'fetch' },
        nextText: 'correct\nit',
        tasks: [task({ status: 'failed', attempt: 2, attempts: [failedAttempt, { ...failedAttempt, number: 2 }] })],
      }),
    ];
    replies.set(`GET /v1/runs/${ID}`, (_asked, times) => ({ status: 200, body: looks[Math.min(times, 2)] }));
    const ran = await reprise(['run', 'watch', ID]);
    expect([ran.code, ran.err]).toEqual([10, '']);
    expect(ran.out.trimEnd().split('\n')).toEqual([
      '2030-01-01T00:00:00.000Z  run  running',
      '2030-01-01T00:00:00.000Z  fetch  running',
      '2030-01-01T00:00:00.200Z  fetch  attempt 1 failed  http.503: busy [31mred  → attempt 2 waits 1s',
      '2030-01-01T00:00:00.200Z  fetch  retrying  attempt 2 at 2030-01-01T00:00:02.000Z',
      '2030-01-01T00:00:00.200Z  fetch  attempt 2 failed  http.503: busy [31mred  → attempt 2 waits 1s',
      '2030-01-01T00:00:00.500Z  fetch  failed  attempt 2  500ms',
      '2030-01-01T00:00:01.000Z  run  failed  fetch, attempt 2: http.503: busy',
      '  → correct it',
    ]);
  });

  test('says why an attempt that nobody takes waits', async () => {
    const why = { why: { reason: 'hold' }, whyText: 'no executor hosts its handler (NO_HANDLER)' };
    const held = task({ status: 'retrying', startedAt: null, endedAt: null, nextRetryAt: '2030-01-01T00:00:02.000Z', ...why });
    const looks = [run({ status: 'running', endedAt: null, tasks: [held] }), run()];
    replies.set(`GET /v1/runs/${ID}`, (_asked, times) => ({ status: 200, body: looks[Math.min(times, 1)] }));
    expect((await reprise(['run', 'watch', ID])).out.split('\n')[1]).toBe(
      '2030-01-01T00:00:00.000Z  fetch  retrying at 2030-01-01T00:00:02.000Z  no executor hosts its handler (NO_HANDLER)',
    );
  });

  test('with -o json the result is alone on stdout, progress goes to stderr', async () => {
    replies.set(`GET /v1/runs/${ID}`, { status: 200, body: run() });
    const ran = await reprise(['run', 'watch', ID, '-o', 'json']);
    expect([ran.code, JSON.parse(ran.out)]).toEqual([0, run()]);
    expect(ran.err).toContain('fetch  succeeded');
  });

  test('goes on while the server is away, and says so once', async () => {
    replies.set(`GET /v1/runs/${ID}`, (_asked, times) =>
      times === 1 || times === 2
        ? { status: 503, body: { code: 'starting' } }
        : { status: 200, body: run(times === 0 ? { status: 'running', endedAt: null, tasks: [] } : {}) },
    );
    const ran = await reprise(['run', 'watch', ID]);
    expect(ran.code).toBe(0);
    expect(ran.err.match(/cannot be reached now/g)).toHaveLength(1);
  });

  test('Ctrl-C only stops watching: 130, and how to go on', async () => {
    replies.set(`GET /v1/runs/${ID}`, { status: 200, body: run({ status: 'running', endedAt: null }) });
    const ran = await reprise(['run', 'watch', ID], {
      started: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
    });
    expect(ran.code).toBe(130);
    expect(ran.err).toContain(`reprise run watch ${ID}`);
    expect(asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('a run that does not exist → 3, at once', async () => {
    expect((await reprise(['run', 'watch', ID])).code).toBe(3);
  });
});
