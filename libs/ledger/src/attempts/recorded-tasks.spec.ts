import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type RecordedTask, type VersionId, versionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { type History, RecordedHistory, TestDatabase } from '@reprise/testing';
import { RecordedTasks, type RecordingFilter, type Session, type Statement, WorkflowCache, WorkflowStore } from '../index.js';

const NOW = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const RETRY = { maximumAttempts: 3, initialIntervalMs: 1_000, jitter: 'none' } as const;
const DOCUMENT = {
  workflow: 'orders',
  defaults: { retry: { maximumAttempts: 3 } },
  tasks: [
    { id: 'charge', call: 'pay', retry: { initialInterval: '1s', jitter: 'none' }, compensate: { call: 'refund' } },
    {
      id: 'page',
      forEach: [1],
      tasks: [
        { id: 'mail', call: 'send' },
        { id: 'sum', transform: 1 },
      ],
    },
  ],
};
/** Behind `charge` and the group. */
const MAIL = 2;

let db: TestDatabase;
let first: VersionId;
let second: VersionId;
let recorded: RecordedTasks;

async function register(document: object): Promise<VersionId> {
  const id = versionId(systemClock.uuidv7());
  await new WorkflowStore(db.database).register(id, 'orders', null, document as never);
  return id;
}

const write = (histories: readonly Partial<History>[], version = first) =>
  new RecordedHistory(db.database, 'orders', version).write(
    histories.map((history, index) => ({ startedAt: NOW - index * HOUR, codes: [], retry: RETRY, ...history })),
  );

async function read(over: Partial<RecordingFilter> = {}, from = recorded) {
  const tasks: RecordedTask[] = [];
  const filter = {
    workflow: 'orders',
    version: null,
    task: null,
    sinceMs: NOW - 24 * HOUR,
    mostAttempts: 1_000,
    mostRuns: 1_000,
  };
  const summary = await from.read({ ...filter, ...over }, (task) => tasks.push(task));
  return { tasks, ...summary };
}

const codesOf = ({ attempts }: RecordedTask) =>
  attempts.map(({ outcome, verdict }) => (verdict !== null && 'code' in verdict ? verdict.code : outcome));

beforeAll(async () => {
  db = await TestDatabase.create();
  first = await register(DOCUMENT);
  second = await register({ ...DOCUMENT, tasks: DOCUMENT.tasks.slice(1) });
  recorded = new RecordedTasks(db.database, new WorkflowCache(new WorkflowStore(db.database)));
});
afterAll(() => db.end());
beforeEach(async () => {
  for (const table of ['run', 'task', 'attempt']) await db.query(`truncate reprise.${table}`);
});

describe('recorded tasks', () => {
  test('come with their attempts, verdicts, policy and deadline, newest run first', async () => {
    await write([{ codes: [] }, { codes: ['A'], dueAt: NOW + HOUR }, { codes: ['A', 'LOST', 'B', 'B'] }]);
    const { tasks, ...summary } = await read();
    expect(tasks.map(codesOf)).toEqual([['succeeded'], ['A', 'succeeded'], ['A', 'LOST', 'B', 'B']]);
    expect(tasks.map(({ status, deadlineAt }) => [status, deadlineAt])).toEqual([
      ['succeeded', null],
      ['succeeded', NOW + HOUR],
      ['failed', null],
    ]);
    expect(tasks[1]?.attempts).toMatchObject([
      {
        outcome: 'failed',
        startedAt: NOW - HOUR,
        endedAt: NOW - HOUR + 1_000,
        verdict: { action: 'retry', wait: { delayMs: 1_000 } },
      },
      { outcome: 'succeeded', startedAt: NOW - HOUR + 2_000, endedAt: NOW - HOUR + 3_000, verdict: null },
    ]);
    expect(tasks[0]?.retry).toEqual({ maximumAttempts: 3, initialIntervalMs: 1_000, jitter: 'none' });
    expect(summary).toEqual({
      runs: 3,
      oldest: NOW - 2 * HOUR,
      newest: NOW,
      truncated: false,
      leftOut: { open: 0, cancelled: 0, tooLong: 0 },
    });
  });

  test('are those of the workflow, the time, the version and the task that are asked for', async () => {
    await write([{}, { node: MAIL }, { startedAt: NOW - 48 * HOUR }]);
    await write([{ startedAt: NOW - 1, node: 1 }], second);
    expect((await read()).tasks).toHaveLength(3);
    expect((await read({ workflow: 'other' })).tasks).toEqual([]);
    expect((await read({ sinceMs: NOW - 72 * HOUR })).tasks).toHaveLength(4);
    expect((await read({ version: first })).tasks).toHaveLength(2);
    expect((await read({ version: second })).tasks).toHaveLength(1);
    expect((await read({ task: 'charge' })).tasks).toHaveLength(1);
    for (const task of ['page', 'page.mail']) expect((await read({ task })).tasks).toHaveLength(2);
    for (const task of ['pag', 'charge:compensate']) expect((await read({ task })).tasks).toEqual([]);
  });

  test('are not those that have not ended, were cancelled, or were tried beyond all measure', async () => {
    await write([{ status: 'retrying', codes: ['A'] }, { status: 'cancelled', codes: ['A'] }, {}]);
    const [long] = await write([{ codes: ['A'], startedAt: NOW - 9 }]);
    await db.query('update reprise.task set attempt = 1001 where run_id = $1', [long]);
    const { tasks, leftOut } = await read();
    expect(tasks).toHaveLength(1);
    expect(leftOut).toEqual({ open: 1, cancelled: 1, tooLong: 1 });
  });

  test('that a person has resolved are not taken for successes of an attempt', async () => {
    const [resolved] = await write([{ codes: ['A', 'A', 'A'], retry: { ...RETRY, maximumAttempts: 1, onExhausted: 'park' } }]);
    await db.query(`update reprise.task set status = 'succeeded', parked_at = null, ended_at = now() where run_id = $1`, [
      resolved,
    ]);
    const { tasks } = await read();
    expect(tasks.map(codesOf)).toEqual([['A']]);
  });

  test('end at the limits, newest first, and it is said that there are more', async () => {
    await write([{ codes: ['A'] }, { codes: ['B'] }, { codes: ['C'] }]);
    const some = await read({ mostAttempts: 5 });
    expect([some.tasks.map(codesOf), some.truncated]).toEqual([
      [
        ['A', 'succeeded'],
        ['B', 'succeeded'],
      ],
      true,
    ]);
    expect(await read({ mostAttempts: 6 })).toMatchObject({ truncated: false, runs: 3 });
    expect(await read({ mostRuns: 2 })).toMatchObject({ truncated: true, runs: 2, oldest: NOW - HOUR });
    expect(await read({ mostRuns: 3 })).toMatchObject({ truncated: false, runs: 3 });
    expect(await read({ mostAttempts: 1 })).toMatchObject({ truncated: true, tasks: [] });
  });

  test('are read page by page', async () => {
    await write(
      Array.from({ length: 1_100 }, (_, index) => ({ startedAt: NOW - index * 1_000, codes: index % 2 === 0 ? [] : ['A'] })),
    );
    const { tasks, runs, oldest } = await read({ mostRuns: 5_000, mostAttempts: 5_000 });
    expect([tasks.length, runs, oldest]).toEqual([1_100, 1_100, NOW - 1_099_000]);
    expect(tasks.filter(({ attempts }) => attempts.length === 2)).toHaveLength(550);
  });
});

test('nothing but indexes is walked, however many runs of others there are', async () => {
  await write([{ codes: ['A'] }]);
  await db.query(
    `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at)
     select (lpad(to_hex($1::bigint - g), 12, '0') || '7abc8' || lpad(to_hex(g), 15, '0'))::uuid, gen_random_uuid(), 'others',
       'running', 'o', 'api', '{}', to_timestamp($1::float8 / 1000) from generate_series(1, 20000) as g`,
    [NOW],
  );
  await db.query(
    `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at)
     select id, 0, '', 'succeeded', 1, 1, now(), now() from reprise.run where workflow = 'others'`,
  );
  await db.query(
    `insert into reprise.attempt (run_id, node, at, fence, attempt, outcome, ended_at)
     select id, 0, '', 1, 1, 'failed', now() from reprise.run where workflow = 'others'`,
  );
  for (const table of ['run', 'task', 'attempt']) await db.query(`analyze reprise.${table}`);
  const scanned: string[] = [];
  const explaining: Session = {
    run: async (asked: Statement, values) => {
      const plan = await db.query<{ 'QUERY PLAN': string }>(`explain (analyze) ${asked.text}`, [...values]);
      const text = plan.map((row) => row['QUERY PLAN']).join('\n');
      // An empty partition is read as a whole: there is nothing to walk.
      for (const [, table] of text.matchAll(/Seq Scan on (\w+)[^\n]*rows=\d+ width=\d+\) \(actual [^\n]*rows=[1-9]/g))
        scanned.push(`${asked.name}: ${table}`);
      if (/Rows Removed by Filter: [1-9]\d{2}/.test(text)) scanned.push(`${asked.name}: filtered`);
      return db.database.run(asked, values);
    },
    write: (asked, values) => db.database.write(asked, values),
  };
  const { tasks } = await read({}, new RecordedTasks(explaining, new WorkflowCache(new WorkflowStore(db.database))));
  expect([tasks.length, scanned]).toEqual([1, []]);
});
