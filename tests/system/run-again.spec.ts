import { afterAll, expect, test } from '@jest/globals';
import type { RunView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const taskOf = (run: RunView, path: string) => run.tasks.find((task) => task.path === path);
const attemptsOf = (run: RunView, path: string) => taskOf(run, path)?.attempts.map(({ number, status }) => [number, status]);
const ms = (instant: string | null | undefined): number => Date.parse(instant ?? '');
const callsOf = (run: string) => reprise.recorder.of(run).map(({ task }) => task);

test('a repeat polls until it is done, and waits between its rounds', async () => {
  await reprise.register({
    workflow: 'poll',
    tasks: {
      poll: {
        repeat: { until: 'output.n >= 3', interval: '200ms', maximum: 10 },
        call: 'echo',
        with: { n: '${{ round.number }}', last: '${{ round.last }}' },
      },
    },
    output: '${{ tasks.poll.output }}',
  });
  const run = await reprise.run('poll');
  expect(run).toMatchObject({ status: 'succeeded', output: { n: 3, last: { n: 2, last: { n: 1, last: null } } } });
  expect(run.tasks.map(({ path, kind }) => [path, kind])).toEqual([
    ['poll', 'rounds'],
    ['poll[1]', 'call'],
    ['poll[2]', 'call'],
    ['poll[3]', 'call'],
  ]);
  expect(taskOf(run, 'poll')?.round).toBe(3);
  const waits = [2, 3].map(
    (round) => ms(taskOf(run, `poll[${round}]`)?.createdAt) - ms(taskOf(run, `poll[${round - 1}]`)?.endedAt),
  );
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(199);
});

test('a group that fails begins anew as a whole, and every attempt of it says why', async () => {
  await reprise.register({
    workflow: 'group-retry',
    tasks: {
      g: {
        retry: { maximumAttempts: 3, initialInterval: '100ms', jitter: 'none' },
        tasks: [
          { id: 'a', call: 'record', with: { step: 'a' } },
          { id: 'b', call: 'flaky', with: { times: 2, of: '${{ run.id }}' }, retry: { maximumAttempts: 1 } },
        ],
      },
    },
    output: '${{ tasks.g.output }}',
  });
  const run = await reprise.run('group-retry');
  expect(run).toMatchObject({ status: 'succeeded', output: { failed: 2 } });
  expect(attemptsOf(run, 'g')).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'succeeded'],
  ]);
  expect(taskOf(run, 'g')?.attempts[0]?.verdict).toMatchObject({ action: 'retry', code: 'FLAKY', wait: { delayMs: 100 } });
  expect(callsOf(run.id)).toEqual(['g[1].a', 'g[2].a', 'g[3].a']);
});

test('a failed run that is retried goes on from what failed: nothing that succeeded is called twice', async () => {
  await reprise.register({
    workflow: 'again',
    tasks: {
      before: { call: 'record' },
      pages: {
        needs: ['before'],
        forEach: { in: [0, 1, 0, 2], tolerate: 4 },
        tasks: [
          { id: 'read', call: 'record' },
          { id: 'write', call: 'flaky', with: { times: '${{ each.value }}' }, retry: { maximumAttempts: 1 } },
        ],
        output: '${{ each.index }}',
      },
      check: {
        needs: ['pages'],
        if: 'tasks.pages.items.exists(item, item.status == "failed")',
        fail: { code: 'INCOMPLETE', message: 'some pages are missing' },
      },
      strict: {
        needs: ['before'],
        forEach: [0, 1, 0, 2],
        call: 'flaky',
        with: { times: '${{ each.value }}' },
        retry: { maximumAttempts: 1 },
      },
      after: { needs: ['strict'], call: 'record' },
    },
    failFast: false,
    output: '${{ tasks.strict.output }}',
  });
  const id = await reprise.startRun('again');
  const first = await reprise.ended(id);
  expect(first).toMatchObject({ status: 'failed' });
  const once = callsOf(id);
  expect([...once].sort()).toEqual(['before', 'pages[0].read', 'pages[1].read', 'pages[2].read', 'pages[3].read']);
  const retry = async (times: number) => {
    const { status, body } = await reprise.request('POST', `/v1/runs/${id}/retry`);
    expect([status, body]).toMatchObject([202, { id }]);
    const again = `select from reprise.run where id = $1 and (progress ->> 'reopened')::int = $2`;
    await eventually(async () => (await reprise.database.query(again, [id, times])).length === 1, {
      what: `retry ${times} is taken up`,
    });
    return reprise.ended(id);
  };
  const second = await retry(1);
  expect(second).toMatchObject({ status: 'failed' });
  expect(second.tasks.filter(({ path }) => path.startsWith('strict[')).map(({ status }) => status)).toEqual([
    'succeeded',
    'succeeded',
    'succeeded',
    'failed',
  ]);
  expect(attemptsOf(second, 'strict[3]')).toEqual([
    [1, 'failed'],
    [2, 'failed'],
  ]);
  expect(taskOf(second, 'strict[1]')?.attempts[1]?.why).toMatchObject({ reason: 'operator', attempt: 2 });
  const third = await retry(2);
  expect(taskOf(third, 'strict')).toMatchObject({ status: 'succeeded' });
  expect(taskOf(third, 'after')).toMatchObject({ status: 'succeeded' });
  // `check` fails each time: what it saw has succeeded, and stands.
  expect(third).toMatchObject({ status: 'failed', error: { code: 'INCOMPLETE' } });
  expect(callsOf(id)).toEqual([...once, 'after']);
});

test('a run that has not failed cannot be retried, and is told what to do', async () => {
  await reprise.register({ workflow: 'fine', tasks: { a: { call: 'noop' } } });
  const run = await reprise.run('fine');
  expect(await reprise.request('POST', `/v1/runs/${run.id}/retry`)).toMatchObject({
    status: 409,
    body: { code: 'not_retryable', hint: 'start a new run with the same input' },
  });
});
