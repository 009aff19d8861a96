import { afterAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

/** Carried out by now or, on a machine that is slow today, soon. */
const TAKEN = [200, 202];

const becomes = (run: string, status: string) =>
  eventually(async () => (await reprise.show(run)).status === status, { what: `the run to be ${status}` });
const post = (path: string, body?: unknown) => reprise.request('POST', `/v1/runs/${path}`, body);
const statusOf = async (run: string, path: string) => (await reprise.taskIs(run, path, ['parked', 'succeeded', 'failed'])).status;

describe('a run that fails', () => {
  test('undoes what it did, the last first, frees its keys, tells of it, and only then ends', async () => {
    const tasks = [
      {
        id: 'first',
        call: 'echo',
        with: { n: 1 },
        idempotencyKey: '${{ input.key }}',
        compensate: { call: 'echo', with: '${{ output.n }}' },
      },
      {
        id: 'page',
        forEach: [0, 1],
        call: 'echo',
        with: { n: '${{ each.value }}' },
        compensate: { call: 'echo', with: '${{ each.index }}' },
      },
      { id: 'end', call: 'flaky', with: { times: 9, retryable: false, code: 'NO' } },
    ];
    await reprise.register({ workflow: 'saga', tasks, onFailure: [{ id: 'tell', call: 'echo', with: '${{ run.error.code }}' }] });
    for (const _ of ['once', 'and again: the key was freed']) {
      const run = await reprise.ended(await reprise.startRun('saga', { key: 'k-1' }));
      expect(run).toMatchObject({ status: 'failed', compensated: true, error: { code: 'NO', task: 'end' } });
      const undone = run.tasks.filter(({ path }) => path.endsWith(':compensate'));
      expect(undone.map(({ path, status, output }) => [path, status, output])).toEqual([
        ['first:compensate', 'succeeded', 1],
        ['page[0]:compensate', 'succeeded', 0],
        ['page[1]:compensate', 'succeeded', 1],
      ]);
      const first = undone.find(({ path }) => path === 'first:compensate');
      for (const each of undone.slice(1))
        expect(Date.parse(each.endedAt ?? '')).toBeLessThanOrEqual(Date.parse(first?.createdAt ?? ''));
      expect(run.tasks.find(({ path }) => path === 'onFailure.tell')).toMatchObject({ status: 'succeeded', output: 'NO' });
      expect(run.tasks.find(({ path }) => path === 'first')?.attempts).toHaveLength(1);
    }
  });

  test('waits for a person when it cannot undo, and ends when they have resolved it', async () => {
    await reprise.register({
      workflow: 'parks',
      tasks: [
        { id: 'a', call: 'noop', compensate: { call: 'flaky', with: { times: 99, retryable: false } } },
        { id: 'end', fail: { code: 'NO' } },
      ],
    });
    const id = await reprise.startRun('parks');
    expect(await statusOf(id, 'a:compensate')).toBe('parked');
    expect((await post(`${id}/retry`)).status).toBe(409);
    const resolved = await post(`${id}/tasks/${encodeURIComponent('a:compensate')}/resolve`, { outcome: 'succeeded' });
    expect(TAKEN).toContain(resolved.status);
    expect((await reprise.ended(id)).status).toBe('failed');
  });

  test('a cancel reaches what runs, and undoes what it may have done', async () => {
    await reprise.register({
      workflow: 'stops',
      tasks: [{ id: 'work', call: 'slow', with: { ms: 60_000 }, compensate: { call: 'echo', with: { of: '${{ output }}' } } }],
    });
    const id = await reprise.startRun('stops');
    await eventually(() => reprise.recorder.of(id, 'start').length === 1, { what: 'the handler runs' });
    expect((await post(`${id}/cancel`)).status).toBe(202);
    const run = await reprise.ended(id);
    expect(run.status).toBe('cancelled');
    expect(run.tasks.map(({ path, status, output }) => [path, status, output])).toEqual([
      ['work', 'cancelled', null],
      ['work:compensate', 'succeeded', { of: null }],
    ]);
  });
});

describe('what people ask of a run', () => {
  test('paused, it starts nothing, though what runs may end; resumed, it goes on', async () => {
    await reprise.register({
      workflow: 'holds',
      tasks: [
        { id: 'work', call: 'slow', with: { ms: 8_000 } },
        { id: 'later', call: 'noop' },
      ],
    });
    const id = await reprise.startRun('holds');
    await eventually(() => reprise.recorder.of(id, 'start').length === 1, { what: 'the handler runs' });
    expect(TAKEN).toContain((await post(`${id}/pause`)).status);
    await becomes(id, 'paused');
    expect((await post(`${id}/pause`)).status).toBe(409);
    await eventually(() => reprise.recorder.of(id, 'commit').length === 1, { what: 'the handler ends' });
    await eventually(
      async () =>
        (await reprise.database.query('select 1 from reprise.task where run_id = $1 and recorded is not null', [id])).length ===
        1,
      { what: 'its outcome is kept' },
    );
    const held = await reprise.request('GET', `/v1/runs/${id}`);
    expect(held.body).toMatchObject({ status: 'paused', tasks: [{ status: 'running' }, { path: 'later', status: 'pending' }] });
    expect(TAKEN).toContain((await post(`${id}/resume`)).status);
    expect((await reprise.ended(id)).status).toBe('succeeded');
    expect(reprise.recorder.of(id, 'start')).toHaveLength(1);
  });

  test('a retry that would come in an hour comes at once', async () => {
    await reprise.register({
      workflow: 'hurries',
      tasks: { a: { call: 'flaky', with: { times: 1 }, retry: { initialInterval: '1h', jitter: 'none' } } },
    });
    const id = await reprise.startRun('hurries');
    await reprise.taskIs(id, 'a', ['retrying']);
    expect(TAKEN).toContain((await post(`${id}/tasks/a/retry-now`)).status);
    const run = await reprise.ended(id);
    expect(run.tasks[0]).toMatchObject({ status: 'succeeded', attempt: 2, why: { reason: 'operator' } });
  });
});
