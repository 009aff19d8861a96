import { afterAll, expect, test } from '@jest/globals';
import type { AttemptView, RunView } from '@reprise/contracts';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

await reprise.register({
  workflow: 'flaky',
  tasks: [
    {
      id: 'try',
      call: 'flaky',
      with: '${{ input.with }}',
      retry: { maximumAttempts: 4, initialInterval: '100ms', backoffCoefficient: 3, jitter: 'none', nonRetryable: ['FATAL_*'] },
    },
  ],
  output: '${{ tasks.try.output }}',
});

const attemptsOf = (run: RunView): readonly AttemptView[] => run.tasks[0]?.attempts ?? [];
const ms = (instant: string | null | undefined): number => Date.parse(instant ?? '');

/** Waits between one attempt's end and the next one's start, by the ledger's clock. */
const waitsOf = (attempts: readonly AttemptView[]): readonly number[] =>
  attempts.slice(1).map((attempt, index) => ms(attempt.startedAt) - ms(attempts[index]?.endedAt));

/** The ledger shows whole milliseconds. */
const ROUNDING_MS = 1;

test('three failures and a success: each wait is the policy’s and never shorter, and each attempt says why', async () => {
  const run = await reprise.run('flaky', { with: { times: 3 } });
  const attempts = attemptsOf(run);
  expect(run).toMatchObject({ status: 'succeeded', output: { failed: 3 } });
  expect(attempts.map(({ number, status }) => [number, status])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'failed'],
    [4, 'succeeded'],
  ]);
  expect(attempts.map(({ why }) => why?.reason)).toEqual(['first', 'failure', 'failure', 'failure']);
  expect(attempts.slice(1).map(({ why }) => why)).toMatchObject(
    [100, 300, 900].map((delayMs, index) => ({
      code: 'FLAKY',
      attempt: index + 1,
      wait: { from: 'backoff', rawMs: delayMs, delayMs, jitter: 'none' },
    })),
  );
  const [first = 0, second = 0, third = 0] = waitsOf(attempts);
  expect(first).toBeGreaterThanOrEqual(100 - ROUNDING_MS);
  expect(second).toBeGreaterThanOrEqual(300 - ROUNDING_MS);
  expect(third).toBeGreaterThanOrEqual(900 - ROUNDING_MS);
});

test('when the attempts are spent the run fails with the last error, and the verdict says so', async () => {
  const run = await reprise.run('flaky', { with: { times: 9 } });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'FLAKY', message: 'failure 4' } });
  expect(attemptsOf(run)).toHaveLength(4);
  expect(attemptsOf(run)[3]?.verdict).toMatchObject({ spent: 'maximumAttempts', count: 4, limit: 4 });
});

test.each([
  ['the handler says so', { times: 1, retryable: false }, { from: 'handler' }],
  ['its code is in the list', { times: 1, code: 'FATAL_ONE' }, { from: 'nonRetryable', pattern: 'FATAL_*' }],
])('what is not retryable is not retried: %s', async (_, input, rule) => {
  const run = await reprise.run('flaky', { with: input });
  expect(run.status).toBe('failed');
  expect(attemptsOf(run)).toHaveLength(1);
  expect(attemptsOf(run)[0]?.verdict).toMatchObject({ spent: 'non-retryable', rule });
});

test('the handler’s own wait wins over the policy’s', async () => {
  const run = await reprise.run('flaky', { with: { times: 1, retryAfterMs: 700 } });
  const attempts = attemptsOf(run);
  expect(attempts[1]?.why).toMatchObject({ wait: { from: 'retryAfter', askedMs: 700, delayMs: 700 } });
  expect(waitsOf(attempts)[0]).toBeGreaterThanOrEqual(700 - ROUNDING_MS);
  const atOnce = await reprise.run('flaky', { with: { times: 1, retryAfterMs: 0 } });
  expect(attemptsOf(atOnce)[1]?.why).toMatchObject({ wait: { delayMs: 0 } });
});

test('a result that is not the wanted one is a failure like any other', async () => {
  await reprise.register({
    workflow: 'judged',
    tasks: [
      {
        id: 'ask',
        call: 'echo',
        with: '${{ input }}',
        succeedWhen: "output.state == 'done'",
        retry: { maximumAttempts: 2, initialInterval: '10ms' },
      },
    ],
  });
  expect(await reprise.run('judged', { state: 'done' })).toMatchObject({ status: 'succeeded' });
  const run = await reprise.run('judged', { state: 'open' });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'UNEXPECTED_RESULT' } });
  expect(attemptsOf(run)).toHaveLength(2);
});

test('jittered waits stay within their bounds over a hundred runs, and are told on the metrics', async () => {
  await reprise.register({
    workflow: 'jittered',
    tasks: [
      { id: 'try', call: 'flaky', with: { times: 2 }, retry: { maximumAttempts: 3, initialInterval: '200ms', jitter: 'full' } },
    ],
  });
  const ids = await Promise.all(Array.from({ length: 100 }, () => reprise.startRun('jittered')));
  const runs = await Promise.all(ids.map((id) => reprise.ended(id)));
  for (const run of runs) {
    const attempts = attemptsOf(run);
    expect(attempts).toHaveLength(3);
    for (const [index, waited] of waitsOf(attempts).entries()) {
      const why = attempts[index + 1]?.why;
      const planned = why?.reason === 'failure' && why.action === 'retry' ? why.wait.delayMs : Number.NaN;
      const raw = 200 * 2 ** index;
      expect(planned).toBeGreaterThanOrEqual(raw / 10);
      expect(planned).toBeLessThanOrEqual(raw);
      expect(waited).toBeGreaterThanOrEqual(planned - ROUNDING_MS);
    }
  }
  const metrics = await (await fetch(`${reprise.one('scheduler').url}/metrics`)).text();
  expect(metrics).toContain('reprise_retries_total{workflow="jittered",call="flaky",reason="FLAKY"');
  expect(metrics).toMatch(/reprise_retry_lateness_seconds_count\S* \d+/);
});
