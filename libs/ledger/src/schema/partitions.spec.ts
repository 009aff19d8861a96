import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RunId, runId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { newRun, newStart, newTask } from '../../test/rows.js';
import { AdvanceStore, ensurePartitions, firstUuidAt, StartStore } from '../index.js';

const WEEK_MS = 7 * 24 * 3_600_000;
let db: TestDatabase;

beforeEach(async () => {
  db = await TestDatabase.create();
});
afterEach(() => db.end());

const weekOf = (ms: number): string =>
  new Date(Math.floor(ms / WEEK_MS) * WEEK_MS).toISOString().slice(0, 10).replaceAll('-', '');
const idAt = (ms: number): RunId => runId(firstUuidAt(ms).replace('0000-0000-000000000000', '7abc-8def-0123456789ab'));

const partitionsOf = async (id: RunId): Promise<readonly string[]> => {
  const rows = await db.query<{ name: string }>(
    `select tableoid::regclass::text as name from reprise.run where id = $1
     union all select tableoid::regclass::text from reprise.task where run_id = $1 order by name`,
    [id],
  );
  return rows.map(({ name }) => name);
};
const insert = (id: RunId) => new StartStore(db.database).insertRuns([newStart(newRun({ id }), [newTask()])]);
const partitions = async () =>
  (
    await db.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = any('{reprise.run,reprise.task,reprise.attempt,reprise.attempt_log}'::regclass[])`,
    )
  ).map(({ name }) => name);

test('runs of this week, the last and eight weeks ahead have partitions of their own; those of clocks that are far off a common one', async () => {
  const now = systemClock.now();
  for (const weeks of [-1, 0, 1, 8]) {
    const id = idAt(now + weeks * WEEK_MS);
    await insert(id);
    const week = weekOf(now + weeks * WEEK_MS);
    expect(await partitionsOf(id)).toEqual([`run_${week}`, `task_${week}`]);
  }
  for (const ms of [Date.UTC(1990), now - 3 * WEEK_MS, now + 11 * WEEK_MS, Date.UTC(2090)]) {
    const id = idAt(ms);
    await insert(id);
    expect(await partitionsOf(id)).toEqual(['run_default', 'task_default']);
  }
});

test('rows that went to the common partition move into their week’s when it is made, and are found as before', async () => {
  const now = systemClock.now();
  const next = weekOf(now + WEEK_MS);
  for (const table of ['run', 'task', 'attempt', 'attempt_log']) await db.query(`drop table reprise.${table}_${next}`);
  const [early, far] = [idAt(now + WEEK_MS), idAt(now + 20 * WEEK_MS)];
  await insert(early);
  await insert(far);
  expect(await partitionsOf(early)).toEqual(['run_default', 'task_default']);
  await ensurePartitions(db.database);
  expect(await partitionsOf(early)).toEqual([`run_${next}`, `task_${next}`]);
  expect(await partitionsOf(far)).toEqual(['run_default', 'task_default']);
  const locked = await db.database.transaction((session) =>
    new AdvanceStore(session).lockTasks([{ run: early, node: 0, at: '' }]),
  );
  expect(locked).toHaveLength(1);
});

test('when a new week has started, eight weeks ahead are there again, and hold what a fast clock has sent ahead', async () => {
  const now = systemClock.now();
  const [later, far] = [idAt(now + 10 * WEEK_MS), idAt(now + 10 * WEEK_MS + 1)];
  for (const id of [later, far]) await insert(id);
  await db.query(
    `insert into reprise.attempt (run_id, node, at, fence, attempt, outcome, ended_at) values ($1, 0, '', 1, 1, 'failed', now())`,
    [later],
  );
  expect(await partitionsOf(later)).toEqual(['run_default', 'task_default']);
  // Two weeks go by.
  await ensurePartitions(db.database, now + WEEK_MS);
  await ensurePartitions(db.database, now + 2 * WEEK_MS);
  const week = weekOf(now + 10 * WEEK_MS);
  for (const id of [later, far]) expect(await partitionsOf(id)).toEqual([`run_${week}`, `task_${week}`]);
  expect(await db.query(`select from reprise.attempt_${week}`)).toHaveLength(1);
  // This moment's runs are where they were, and those of the first instants of the new week in their own.
  const first = idAt(Math.ceil((now + WEEK_MS) / WEEK_MS) * WEEK_MS);
  const last = idAt(Math.ceil((now + WEEK_MS) / WEEK_MS) * WEEK_MS - 1);
  await insert(first);
  await insert(last);
  expect(await partitionsOf(first)).toEqual([`run_${weekOf(now + 2 * WEEK_MS)}`, `task_${weekOf(now + 2 * WEEK_MS)}`]);
  expect(await partitionsOf(last)).toEqual([`run_${weekOf(now + WEEK_MS)}`, `task_${weekOf(now + WEEK_MS)}`]);
});

test('whoever makes them lets the others pass while somebody uses the common partition', async () => {
  const next = weekOf(systemClock.now() + 3 * WEEK_MS);
  const far = idAt(Date.UTC(2090));
  await insert(far);
  for (const table of ['run', 'task', 'attempt', 'attempt_log']) await db.query(`drop table reprise.${table}_${next}`);
  const making = await db.database.source.transaction(async (manager) => {
    // It idles meanwhile, on a busy machine for longer than the engine allows.
    await manager.query('set local idle_in_transaction_session_timeout = 0');
    await manager.query('select from reprise.run where id = $1 for update', [far]);
    const started = ensurePartitions(db.database);
    // Would wait behind whoever waits for the whole partition, for as long as that does.
    for (let round = 0; round < 20; round += 1) await db.query('select from reprise.run where id = $1', [far]);
    return { started };
  });
  await making.started;
  expect((await partitions()).filter((name) => name.endsWith(next))).toHaveLength(4);
});

test('several who make them at once make them once', async () => {
  const week = weekOf(systemClock.now() + 2 * WEEK_MS);
  for (const table of ['run', 'task', 'attempt', 'attempt_log']) {
    await db.query(`drop table reprise.${table}_${week}`);
    await db.query(`drop table reprise.${table}_default`);
  }
  await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(db.database)));
  expect((await partitions()).filter((name) => name.endsWith(week) || name.endsWith('_default')).sort()).toEqual(
    [
      'attempt_default',
      `attempt_${week}`,
      'attempt_log_default',
      `attempt_log_${week}`,
      'run_default',
      `run_${week}`,
      'task_default',
      `task_${week}`,
    ].sort(),
  );
});

test('a partition has the room for HOT updates, the indexes and the checks of its table', async () => {
  const week = weekOf(systemClock.now());
  const [facts] = await db.query<{ options: string[]; indexes: string; checks: string }>(
    `select reloptions as options, (select count(*) from pg_index where indrelid = c.oid) as indexes,
       (select count(*) from pg_constraint where conrelid = c.oid and contype = 'c') as checks
     from pg_class as c where oid = $1::regclass`,
    [`reprise.task_${week}`],
  );
  const [table] = await db.query(
    `select (select count(*) from pg_index where indrelid = c.oid) as indexes,
       (select count(*) from pg_constraint where conrelid = c.oid and contype = 'c') as checks
     from pg_class as c where oid = 'reprise.task'::regclass`,
  );
  expect(facts).toMatchObject(table as object);
  expect(facts?.options).toContain('fillfactor=40');
});
