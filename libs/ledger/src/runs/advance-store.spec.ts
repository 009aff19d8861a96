import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimId, fence, type RunId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { Advancing } from '../../test/advancing.js';
import { json, newRun, newStart, newTask } from '../../test/rows.js';
import { type ItemRow, StartStore } from '../index.js';

const ledger = new Advancing();
const { advance, startRun } = ledger;
beforeAll(ledger.begin);
afterAll(ledger.end);

describe('writing tasks', () => {
  test('keeps what a row has of input, secrets and output; the rest becomes what it is now', async () => {
    const run = newRun();
    const first = newTask({ input: json({ a: 1 }), secrets: json({ s: 1 }), output: json({ o: 1 }) });
    await new StartStore(ledger.db.database).insertRuns([newStart(run, [first])]);
    const changed = {
      ...newTask({ input: 'stored', output: 'stored', status: 'running', attempt: 3, fence: fence(2 ** 40), createdAt: 1 }),
      claim: claimId(systemClock.uuid()),
      executor: 'executor-9',
      leaseUntil: 4e12,
      queuedAt: 2e12,
      startedAt: 2e12 + 1,
      watchAt: null,
      queueUntil: 3e12,
      totalUntil: 3e12 + 1,
      cancelling: true,
      error: { code: 'X', message: 'x' },
      why: { reason: 'first' },
      memory: { failures: 1, lost: 0, holds: 0, rules: {}, firstStartedAt: 1, lastDelayMs: null },
      progress: { kind: 'list', total: 3, next: 1, done: 0, failed: 0, closing: null, error: null },
      recorded: { kind: 'cancelled' },
    } as const;
    await advance((store) => store.writeTasks([{ run: run.id, task: changed }]));
    const [row] = await ledger.db.query('select input, secrets, output from reprise.task where run_id = $1', [run.id]);
    expect(row).toEqual({ input: '{"a":1}', secrets: '{"s":1}', output: '{"o":1}' });
    const [loaded] = await advance((store) => store.lockTasks([{ run: run.id, node: 0, at: '' }]));
    expect(loaded?.task).toEqual({ ...changed, createdAt: first.createdAt, output: '{"o":1}' });
  });

  test('an ended row that begins anew has nothing of what it had, but a list its list', async () => {
    const run = newRun();
    const ended = {
      status: 'failed',
      endedAt: 5,
      input: json({ a: 1 }),
      secrets: json({ s: 1 }),
      idempotencyKey: 'old',
    } as const;
    const list = newTask({ ...ended, node: 1, input: json([1, 2]), secrets: null, idempotencyKey: null });
    await new StartStore(ledger.db.database).insertRuns([newStart(run, [newTask({ ...ended, output: json(1) }), list])]);
    const again = newTask({ input: json({ a: 2 }), idempotencyKey: 'new', fence: fence(9), attempt: 4 });
    const reopened = { ...list, status: 'running', endedAt: null, input: 'stored', fence: fence(9) } as const;
    const write = (task: typeof again) => advance((store) => store.writeTasks([{ run: run.id, task }]));
    await write(again);
    await write(reopened);
    const read = () =>
      ledger.db.query(
        'select input, secrets, output, idempotency_key, attempt from reprise.task where run_id = $1 order by node',
        [run.id],
      );
    expect(await read()).toEqual([
      { input: '{"a":2}', secrets: null, output: null, idempotency_key: 'new', attempt: 4 },
      { input: '[1,2]', secrets: null, output: null, idempotency_key: null, attempt: 1 },
    ]);
    // From then on it is a row like any other.
    await write({ ...again, input: 'stored', output: json(7), idempotencyKey: 'new' });
    expect((await read())[0]).toMatchObject({ input: '{"a":2}', output: '7' });
  });

  test('an output comes along while it is small, and is fetched by name when it is large', async () => {
    const run = newRun({ input: json('i'.repeat(100_000)) });
    const large = json(Array.from({ length: 2_000 }, () => systemClock.uuid()));
    await new StartStore(ledger.db.database).insertRuns([newStart(run, [newTask({ output: large })])]);
    const address = { run: run.id, node: 0, at: '' };
    const loaded = await advance(async (store) => ({
      task: (await store.lockTasks([address]))[0]?.task.output,
      output: await store.loadOutput(address),
      input: await store.loadInput(run.id),
      absent: await store.loadOutput({ ...address, node: 5 }),
    }));
    expect(loaded).toEqual({ task: 'stored', output: large, input: run.input, absent: null });
  });
});

const atsOf = (items: readonly ItemRow[] | { readonly bytes: number }) =>
  'bytes' in items ? items : items.map(({ at }) => at).sort();

describe('lists', () => {
  test('are loaded slice by slice, in order', async () => {
    const run = newRun();
    const values = Array.from({ length: 250 }, (_, index) => ({ index }));
    await new StartStore(ledger.db.database).insertRuns([newStart(run, [newTask({ status: 'running', input: json(values) })])]);
    const address = { run: run.id, node: 0, at: '' };
    const slices: unknown[][] = [];
    for (const from of [0, 100, 200, 300]) slices.push([...(await advance((store) => store.loadSlice(address, from, 100)))]);
    expect(slices.flat()).toEqual(values);
    expect(slices.map((slice) => slice.length)).toEqual([100, 100, 50, 0]);
  });

  test('give the results of their own ended items, or how large those are together', async () => {
    const run = newRun();
    const item = (at: string, ended = true) =>
      newTask({ node: 3, at, output: json(at), ...(ended ? { status: 'succeeded', endedAt: 1 } : {}) } as const);
    const ats = ['1', '1.0', '1.1', '1.2', '10.0', '1.0.0', '2.0', '11'];
    await new StartStore(ledger.db.database).insertRuns([
      newStart(
        run,
        ats.map((at) => item(at, at !== '1.2')),
      ),
    ]);
    const list = { run: run.id, node: 3, at: '1' };
    const items = await advance((store) => store.loadItems(list, 1_000));
    expect(items).toHaveLength(2);
    expect(atsOf(items)).toEqual(['1.0', '1.1']);
    expect(await advance((store) => store.loadItems(list, 10))).toEqual({ bytes: 15 });
    const outer = await advance((store) => store.loadItems({ ...list, at: '' }, 1_000));
    expect(atsOf(outer)).toEqual(['1', '11']);
  });
});

describe('announcements', () => {
  test('are noted for runs that have ended, and end their watch; a run that goes on is left alone', async () => {
    const open = newRun({ watchAt: 4e12 });
    const ended = newRun({ status: 'succeeded', endedAt: 1, watchAt: 4e12 });
    await new StartStore(ledger.db.database).insertRuns([open, ended].map((run) => newStart(run, [])));
    await advance((store) => store.markAnnounced([ended.id, open.id]));
    const rows = await ledger.db.query<{ id: RunId }>(
      'select id, announced, watch_at is not null as watched from reprise.run where id = any($1)',
      [[open.id, ended.id]],
    );
    expect(new Map(rows.map((row) => [row.id, row]))).toEqual(
      new Map([
        [open.id, { id: open.id, announced: true, watched: true }],
        [ended.id, { id: ended.id, announced: true, watched: false }],
      ]),
    );
  });
});

test('an attempt that is kept twice is kept once', async () => {
  const run = await startRun();
  const record = {
    node: 0,
    at: '',
    attempt: 1,
    fence: fence(2),
    outcome: 'failed',
    executor: 'e',
    queuedAt: 1,
    startedAt: 2,
  } as const;
  const write = { run, record: { ...record, endedAt: 3, error: { code: 'X', message: 'x' }, why: null, verdict: null } };
  await advance((store) => store.insertAttempts([write]));
  await advance((store) => store.insertAttempts([write, { run, record: { ...write.record, attempt: 2, fence: fence(4) } }]));
  expect(await ledger.db.query('select attempt from reprise.attempt where run_id = $1 order by fence', [run])).toEqual([
    { attempt: 1 },
    { attempt: 2 },
  ]);
});
