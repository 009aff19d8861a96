import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const once = { maximumAttempts: 1 };
/** On a busy machine what a handler tells of its begin comes later than its end by a timeout. */
const begun = (run: string, times: number) =>
  eventually(() => reprise.recorder.of(run, 'start').length >= times, { what: `${times} begins to be told` });
const timedOut = (kind: string) => ({ code: 'TIMEOUT', details: { kind } });

test('an attempt that takes too long is ended and fails with TIMEOUT (attempt), a retryable one', async () => {
  await reprise.register({
    workflow: 'attempt-timeout',
    tasks: [
      {
        id: 'work',
        call: 'slow',
        with: { ms: 60_000 },
        timeout: '300ms',
        retry: { maximumAttempts: 2, initialInterval: '10ms' },
      },
    ],
  });
  const run = await reprise.run('attempt-timeout');
  expect(run).toMatchObject({ status: 'failed', error: timedOut('attempt') });
  expect(run.tasks[0]?.attempts.map(({ status }) => status)).toEqual(['timeout', 'timeout']);
  await begun(run.id, 2);
  expect(reprise.recorder.of(run.id, 'start')).toHaveLength(2);
  // It has heard its signal: nothing happened after the end.
  expect(reprise.recorder.of(run.id, 'commit')).toHaveLength(0);
});

test('a handler that ignores its signal does not hold up its run', async () => {
  await reprise.register({
    workflow: 'stubborn',
    tasks: [{ id: 'work', call: 'stubborn', with: { ms: 120_000 }, timeout: '300ms', retry: once }],
  });
  const run = await reprise.run('stubborn');
  expect(run).toMatchObject({ status: 'failed', error: timedOut('attempt') });
  // The run has ended, and the handler is still at it.
  await begun(run.id, 1);
  expect([reprise.recorder.of(run.id, 'start').length, reprise.recorder.of(run.id, 'commit').length]).toEqual([1, 0]);
});

test('all attempts and waits together are bounded by TIMEOUT (total)', async () => {
  await reprise.register({
    workflow: 'total-timeout',
    tasks: [
      {
        id: 'work',
        call: 'slow',
        with: { ms: 60_000 },
        // The second attempt gets what is left, however late it begins: as long as the first one's end is judged before the total is over.
        timeout: { attempt: '3s', total: '5500ms' },
        retry: { maximumAttempts: 0, initialInterval: '10ms' },
      },
    ],
  });
  const run = await reprise.run('total-timeout');
  expect(run).toMatchObject({ status: 'failed', error: timedOut('total') });
});

test('an attempt no executor takes in time fails with TIMEOUT (queue)', async () => {
  await reprise.register({
    workflow: 'queue-timeout',
    tasks: [{ id: 'work', call: 'noop', queue: 'nobody', timeout: { queue: '800ms' }, retry: once }],
  });
  const run = await reprise.run('queue-timeout');
  expect(run).toMatchObject({ status: 'failed', error: timedOut('queue') });
});

test('a handler that falls silent fails with TIMEOUT (heartbeat); one that beats may take longer than its heartbeat', async () => {
  await reprise.register({
    workflow: 'heartbeat',
    tasks: [
      {
        id: 'work',
        call: 'beating',
        with: { beats: 10, everyMs: 200, silentMs: '${{ input.silentMs }}' },
        timeout: { attempt: '1m', heartbeat: '1500ms' },
        retry: once,
      },
    ],
  });
  expect(await reprise.run('heartbeat', { silentMs: 60_000 })).toMatchObject({ status: 'failed', error: timedOut('heartbeat') });
  expect(await reprise.run('heartbeat', { silentMs: 0 })).toMatchObject({ status: 'succeeded' });
});

test('a run that takes longer than its timeout ends failed with TIMEOUT (run), and its attempts are stopped', async () => {
  await reprise.register({
    workflow: 'run-timeout',
    timeout: '700ms',
    tasks: { work: { call: 'slow', with: { ms: 60_000 } }, nap: { sleep: '1h' }, later: { needs: ['work'], call: 'noop' } },
  });
  const run = await reprise.run('run-timeout');
  expect(run).toMatchObject({ status: 'failed', error: timedOut('run') });
  expect(run.tasks.find(({ path }) => path === 'work')?.status).toBe('cancelled');
  expect(reprise.recorder.of(run.id, 'commit')).toHaveLength(0);
});

test('a group that takes longer than its timeout stops what is in it and fails with TIMEOUT (total); what follows on failures runs', async () => {
  await reprise.register({
    workflow: 'group-timeout',
    tasks: {
      page: {
        timeout: '${{ input.limit }}',
        tasks: [
          { id: 'first', call: 'noop', compensate: { call: 'noop' } },
          { id: 'work', call: 'slow', with: { ms: 60_000 } },
          { id: 'later', call: 'noop' },
        ],
      },
      told: { needs: ['page'], runWhen: 'failed', transform: '${{ tasks.page.error.details.kind }}' },
    },
  });
  const run = await reprise.run('group-timeout', { limit: '5s' });
  expect(run).toMatchObject({ status: 'failed', error: { ...timedOut('total'), task: 'page' } });
  const status = Object.fromEntries(run.tasks.map((task) => [task.path, task.status]));
  expect(status).toMatchObject({ page: 'failed', 'page.work': 'cancelled', 'page.first:compensate': 'succeeded' });
  expect(run.tasks.find(({ path }) => path === 'told')?.output).toBe('total');
  // The handler has heard its signal.
  await begun(run.id, 1);
  expect([reprise.recorder.of(run.id, 'start').length, reprise.recorder.of(run.id, 'commit').length]).toEqual([1, 0]);
});

test('the timeout of a group with `retry` spans its attempts', async () => {
  await reprise.register({
    workflow: 'group-retry-timeout',
    tasks: {
      page: {
        timeout: { total: '5s' },
        retry: { maximumAttempts: 0, initialInterval: '10ms', maximumInterval: '100ms' },
        // The third attempt does not end by itself: it is under way when the time is over, however fast the others were.
        tasks: [
          { id: 'fails', call: 'flaky', with: { times: 2, of: '${{ run.id }}' }, retry: once },
          { id: 'work', call: 'slow', with: { ms: 600_000 } },
        ],
      },
    },
  });
  const run = await reprise.run('group-retry-timeout');
  const page = run.tasks.find(({ path }) => path === 'page');
  expect(page).toMatchObject({ status: 'failed', error: timedOut('total') });
  expect(page?.attempts).toMatchObject([
    { status: 'failed', error: { code: 'FLAKY' } },
    { status: 'failed', error: { code: 'FLAKY' } },
    { status: 'timeout', error: timedOut('total') },
  ]);
});

test('a child run that takes longer than its task allows is cancelled and awaited, then the task fails with TIMEOUT (total)', async () => {
  await reprise.register({ workflow: 'slow-child', tasks: { work: { call: 'slow', with: { ms: 60_000 } } } });
  await reprise.register({ workflow: 'child-timeout', tasks: { ship: { workflow: 'slow-child', timeout: '5s' } } });
  const run = await reprise.run('child-timeout');
  const child = run.tasks[0]?.child;
  expect(run.error).toMatchObject({ code: 'TIMEOUT', task: 'ship', details: { kind: 'total', run: child?.run } });
  expect(child?.status).toBe('cancelled');
  expect((await reprise.show(child?.run ?? '')).status).toBe('cancelled');
});
