import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const cancel = (run: string, body: unknown = { reason: 'changed my mind' }) =>
  reprise.request('POST', `/v1/runs/${run}/cancel`, body);

test('a run that only waits ends at once', async () => {
  await reprise.register({ workflow: 'waits', tasks: { nap: { sleep: '1h' }, later: { needs: ['nap'], call: 'noop' } } });
  const id = await reprise.startRun('waits');
  await reprise.taskIs(id, 'nap', ['waiting']);
  expect(await cancel(id)).toMatchObject({ status: 202, body: { id, cancelling: true } });
  const run = await reprise.ended(id);
  expect(run.status).toBe('cancelled');
  expect(run.tasks.find(({ path }) => path === 'nap')?.status).toBe('cancelled');
});

test('a running handler hears of it, and nothing further starts', async () => {
  await reprise.register({
    workflow: 'runs',
    tasks: [
      { id: 'work', call: 'slow', with: { ms: 60_000 } },
      { id: 'later', call: 'noop' },
    ],
  });
  const id = await reprise.startRun('runs');
  await eventually(() => reprise.recorder.of(id, 'start').length === 1, { what: 'the handler runs' });
  await cancel(id);
  const run = await reprise.ended(id);
  expect(run).toMatchObject({ status: 'cancelled' });
  expect(run.tasks.find(({ path }) => path === 'work')?.status).toBe('cancelled');
  expect(reprise.recorder.of(id, 'commit')).toHaveLength(0);
});

test('a handler that ignores it may finish: its success counts, and the run is cancelled all the same', async () => {
  await reprise.register({
    workflow: 'ignores',
    tasks: [
      // Longer than the cancel takes to arrive.
      { id: 'work', call: 'stubborn', with: { ms: 8_000 } },
      { id: 'later', call: 'noop' },
    ],
  });
  const id = await reprise.startRun('ignores');
  await eventually(() => reprise.recorder.of(id, 'start').length === 1, { what: 'the handler runs' });
  await cancel(id);
  const run = await reprise.ended(id);
  expect(run.status).toBe('cancelled');
  expect(reprise.recorder.of(id, 'commit')).toHaveLength(1);
});

test('cancelling reaches into groups and their items, retries included', async () => {
  await reprise.register({
    workflow: 'nested',
    tasks: {
      group: {
        forEach: { in: '${{ input.items }}', parallel: 2 },
        tasks: [
          { id: 'inner', call: 'slow', with: { ms: '${{ each.value }}' } },
          { id: 'after', call: 'noop' },
        ],
      },
      retrying: { call: 'flaky', with: { times: 99 }, retry: { maximumAttempts: 0, initialInterval: '1h' } },
    },
  });
  const id = await reprise.startRun('nested', { items: [60_000, 60_000, 60_000, 60_000] });
  await eventually(() => reprise.recorder.of(id, 'start').length === 2, { what: 'two items run' });
  await reprise.taskIs(id, 'retrying', ['retrying']);
  await cancel(id);
  const run = await reprise.ended(id);
  expect(run.status).toBe('cancelled');
  expect(run.tasks.filter(({ status }) => !['cancelled', 'skipped'].includes(status))).toEqual([]);
  expect(reprise.recorder.of(id, 'start')).toHaveLength(2);
});

test('what has ended cannot be cancelled, and what does not exist is not found', async () => {
  await reprise.register({ workflow: 'short', tasks: [{ id: 'work', call: 'noop' }] });
  const run = await reprise.run('short');
  expect(await cancel(run.id)).toMatchObject({ status: 409, body: { code: 'run_ended' } });
  expect((await cancel('01890000-0000-7000-8000-000000000000')).status).toBe(404);
  expect((await cancel('nonsense')).status).toBe(404);
});

test('asking twice is asking once', async () => {
  const id = await reprise.startRun('waits');
  const answers = await Promise.all([cancel(id), cancel(id), cancel(id)]);
  for (const { status } of answers) expect([202, 409]).toContain(status);
  expect((await reprise.ended(id)).status).toBe('cancelled');
});
