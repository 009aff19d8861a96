import { describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { NOTICE_TO_RUN } from '@reprise/ledger';
import { StartsUnderTest } from '../../test/starts-under-test.js';

const document = (concurrency: string, name = 'job') =>
  `workflow: ${name}\nconcurrency: ${concurrency}\ntasks: { a: { call: shop.work } }`;
const times = (count: number, input: Json = {}): Json[] => Array(count).fill(input);

interface SlotRow {
  readonly run_id: string;
  readonly state: string;
  readonly number: string;
}
const slots = (starts: StartsUnderTest) =>
  starts.db.query<SlotRow>('select run_id, state, number from reprise.slot order by number');
const statuses = async (starts: StartsUnderTest) =>
  Object.fromEntries(
    (
      await starts.db.query<{ status: string; count: number }>('select status, count(*)::int from reprise.run group by status')
    ).map(({ status, count }) => [status, count]),
  );

describe('overlap: queue', () => {
  test('never lets more than one begin, whichever trigger takes it and in whichever batch; the rest wait in the order they came', async () => {
    await using starts = await StartsUnderTest.create(2);
    await starts.register(document('{ key: input.customer }'));
    const batches = Array.from({ length: 10 }, (_, batch) => starts.startByName('job', times(5, { customer: 'c' }), batch % 2));
    const runs = await Promise.all(batches);
    expect(await statuses(starts)).toEqual({ running: 1, queued: 49 });
    const places = await slots(starts);
    expect(places.map(({ state }) => state)).toEqual(['held', ...Array(49).fill('waiting')]);
    // Within a batch in its order; a batch as a whole before or after another.
    const order = places.map(({ run_id }) => run_id);
    for (const batch of runs)
      expect(batch.map((run) => order.indexOf(run))).toEqual(batch.map((_, index) => order.indexOf(batch[0]!) + index));
    expect(starts.told.filter(({ tickets }) => tickets !== undefined)).toHaveLength(1);
  });

  test('leaves nothing of a queued run but its row: no task, no watch, no timeout', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(`${document('{}')}\ntimeout: 1m`);
    const [, second] = await starts.startByName('job', times(2));
    const rows = await starts.db.query('select status, started_at, due_at, watch_at, slot_key from reprise.run where id = $1', [
      second,
    ]);
    expect(rows).toEqual([{ status: 'queued', started_at: null, due_at: null, watch_at: null, slot_key: '' }]);
    expect(await starts.db.query('select 1 from reprise.task where run_id = $1', [second])).toEqual([]);
  });

  test('says so to who starts it', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{}'));
    const start = { kind: 'start', workflow: 'job', version: null, input: {}, labels: {}, key: null, via: 'http' } as const;
    expect(await starts.start([start, start])).toMatchObject([
      { kind: 'started', status: 'running' },
      { kind: 'started', status: 'queued' },
    ]);
  });

  test('counts every key, and every workflow, by itself, up to its limit', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{ key: input.k, limit: 2 }'), document('{ key: input.k }', 'other'));
    await starts.startByName('job', [...times(3, { k: 'a' }), ...times(3, { k: 'b' })]);
    await starts.startByName('other', times(2, { k: 'a' }));
    expect(await statuses(starts)).toEqual({ running: 5, queued: 3 });
  });

  test('takes no place for a start that its business key makes the same', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{}'));
    const start = { kind: 'start', workflow: 'job', version: null, input: {}, labels: {}, key: 'k', via: 'http' } as const;
    await starts.start([start, start, start]);
    expect([await statuses(starts), (await slots(starts)).length]).toEqual([{ running: 1 }, 1]);
  });
});

describe('a run that ends as it begins', () => {
  const brief = (concurrency: string) =>
    `workflow: job\nconcurrency: ${concurrency}\ntasks: { a: { if: input.go, call: shop.work } }`;

  test('gives its place to the one that waits longest, which is told', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(brief('{}'));
    const [, second, third] = await starts.startByName('job', [{ go: false }, { go: true }, { go: true }]);
    expect(await statuses(starts)).toEqual({ succeeded: 1, queued: 2 });
    expect((await slots(starts)).map(({ run_id, state }) => [run_id, state])).toEqual([
      [second, 'held'],
      [third, 'waiting'],
    ]);
    expect(starts.inbox.map(({ kind, run }) => [kind, run])).toEqual([['look', second]]);
    expect(await starts.db.query('select run_id, node from reprise.notice')).toEqual([{ run_id: second, node: NOTICE_TO_RUN }]);
  });

  test('holds nobody up who comes later, and takes no place from one that goes on', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(brief('{ key: input.customer, limit: 2 }'));
    const [, first] = await starts.startByName('job', [
      { customer: 'c', go: false },
      { customer: 'c', go: true },
      { customer: 'd', go: false },
    ]);
    const [second] = await starts.startByName('job', [{ customer: 'c', go: true }]);
    expect(await statuses(starts)).toEqual({ succeeded: 2, running: 2 });
    expect((await slots(starts)).map(({ run_id, state }) => [run_id, state])).toEqual([
      [first, 'held'],
      [second, 'held'],
    ]);
  });

  test('is not asked to stop by the newer one that replaces it', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(brief('{ overlap: cancelRunning }'));
    const [, second] = await starts.startByName('job', [{ go: false }, { go: true }]);
    expect((await slots(starts)).map(({ run_id, state }) => [run_id, state])).toEqual([[second, 'held']]);
    expect(await starts.db.query('select run_id from reprise.command')).toEqual([]);
  });
});

describe('overlap: skip', () => {
  test('ends what comes while another goes on, before it begins', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{ overlap: skip }'));
    const [first, second] = await starts.startByName('job', times(2));
    const [third] = await starts.startByName('job', times(1));
    const rows = await starts.db.query<{ id: string; error: string; announced: boolean; ended: boolean }>(
      `select id, error, announced, ended_at is not null as ended from reprise.run where status = 'cancelled' order by id`,
    );
    expect(rows.map(({ id }) => id)).toEqual([second, third]);
    expect(rows.map(({ announced, ended }) => [announced, ended])).toEqual([
      [false, true],
      [false, true],
    ]);
    expect(JSON.parse(rows[0]?.error ?? '')).toMatchObject({ code: 'CONCURRENCY_SKIPPED', details: { holder: first } });
    const announced = starts.told.map(({ routingKey }) => routingKey).filter((key) => key.startsWith('run.'));
    expect(announced).toEqual(['run.started.job', 'run.cancelled.job', 'run.cancelled.job']);
    expect(await slots(starts)).toHaveLength(1);
  });
});

describe('overlap: cancelRunning', () => {
  test('asks those that are in the way to stop, and waits for that; of several the newest stays', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{ overlap: cancelRunning }'));
    const [first] = await starts.startByName('job', times(1));
    const [second, third] = await starts.startByName('job', times(2));
    expect((await slots(starts)).map(({ run_id, state }) => [run_id, state])).toEqual([
      [first, 'held'],
      [second, 'waiting'],
      [third, 'waiting'],
    ]);
    const commands = await starts.db.query<{ run_id: string; kind: string; payload: { reason: string } }>(
      'select run_id, kind, payload from reprise.command order by run_id',
    );
    expect(commands).toEqual([
      { run_id: first, kind: 'cancel', payload: { reason: `run ${third} takes its place` } },
      { run_id: second, kind: 'cancel', payload: { reason: `run ${third} takes its place` } },
    ]);
    expect(starts.inbox.map(({ kind, run }) => [kind, run])).toEqual([
      ['look', first],
      ['look', second],
    ]);
  });

  test('leaves as many as there are places', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{ limit: 2, overlap: cancelRunning }'));
    const [first, , third] = await starts.startByName('job', times(3));
    expect((await slots(starts)).find(({ run_id }) => run_id === third)?.state).toBe('waiting');
    expect(await starts.db.query('select run_id from reprise.command')).toEqual([{ run_id: first }]);
  });

  test('cancels nobody for a place that a run which ends as it begins leaves', async () => {
    await using starts = await StartsUnderTest.create();
    const tasks = 'tasks: { a: { if: input.go, call: shop.work } }';
    await starts.register(`workflow: job\nconcurrency: { limit: 2, overlap: cancelRunning }\n${tasks}`);
    const [first] = await starts.startByName('job', [{ go: true }]);
    const [, last] = await starts.startByName('job', [{ go: false }, { go: true }]);
    expect((await slots(starts)).map(({ run_id, state }) => [run_id, state])).toEqual([
      [first, 'held'],
      [last, 'held'],
    ]);
    expect(await starts.db.query('select run_id from reprise.command')).toEqual([]);
  });
});

describe('a child run', () => {
  test('needs no place that a run above it holds: it would wait for itself', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(
      'workflow: job\nconcurrency: { key: input.k }\ntasks: { again: { workflow: job, with: { k: "${{ input.k }}" } } }',
    );
    const [parent] = await starts.startByName('job', [{ k: 'a' }]);
    const [asked] = starts.told.flatMap(({ routingKey, body }) =>
      routingKey === starts.names.startsQueue ? JSON.parse(body).starts : [],
    );
    await starts.ask([asked]);
    const rows = await starts.db.query('select status, slot_key from reprise.run where parent_id = $1', [parent]);
    expect(rows).toEqual([{ status: 'running', slot_key: null }]);
  });

  test('waits for a place that a run beside it holds', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{}'));
    const { asked } = await starts.parent('workflow: wide\ntasks: { all: { forEach: [1, 2, 3], workflow: job } }');
    await starts.ask(asked);
    expect((await slots(starts)).map(({ state }) => state)).toEqual(['held', 'waiting', 'waiting']);
  });

  test('that ends as it begins makes room for the one beside it', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register('workflow: job\nconcurrency: {}\ntasks: { a: { if: input.go, call: shop.work } }');
    const { asked } = await starts.parent(
      'workflow: wide\ntasks: { all: { forEach: [false, true], workflow: job, with: { go: "${{ each.value }}" } } }',
    );
    await starts.ask(asked);
    expect((await slots(starts)).map(({ state }) => state)).toEqual(['held']);
    expect(await statuses(starts)).toEqual({ running: 1, succeeded: 1, queued: 1 });
  });

  test('that is skipped tells the task that waits for it', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(document('{ overlap: skip }'));
    await starts.startByName('job', times(1));
    const { run, asked } = await starts.parent('workflow: parent\ntasks: { a: { workflow: job } }');
    await starts.ask(asked);
    expect(starts.inbox).toEqual([expect.objectContaining({ kind: 'wake', run, node: 0, fence: 1 })]);
  });
});
