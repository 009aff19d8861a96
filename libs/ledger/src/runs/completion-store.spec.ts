import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { NO_ORIGIN, type RunState } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';
import { json, newRun, newRunId, newVersionId } from '../../test/rows.js';
import { AdvanceStore, type Completion, CompletionStore, StartStore, WorkflowStore } from '../index.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create();
  await register('report', [{ workflow: { name: 'load', status: ['succeeded', 'failed'] } }]);
});
afterAll(() => db.end());
beforeEach(() => db.query('truncate reprise.completion'));

const register = (name: string, on: object[]) =>
  new WorkflowStore(db.database).register(newVersionId(), name, null, {
    workflow: name,
    on: JSON.parse(JSON.stringify(on)),
    tasks: { a: { transform: 1 } },
  });

const insert = (run: RunState, workflow: string, trigger = 'http', version = newVersionId()): Promise<void> =>
  db.database.transaction((session) =>
    new StartStore(session).insertRuns([{ run, version, workflow, trigger, key: null, tasks: [], attempts: [] }]),
  );
const update = (run: RunState): Promise<void> =>
  db.database.transaction((session) => new AdvanceStore(session).updateRuns([run]));
const take = (count = 10): Promise<readonly Completion[]> =>
  db.database.transaction((session) => new CompletionStore(session).take(count));

const ended = (run: RunState, fields: Partial<RunState> = {}): RunState => ({
  ...run,
  status: 'succeeded',
  endedAt: run.createdAt + 5,
  output: json({ rows: 3 }),
  ...fields,
});

test('the end of a followed run is noted with it, and taken once', async () => {
  const run = newRun({ labels: { day: 'mon' } });
  const version = newVersionId();
  await insert(run, 'load', 'http', version);
  expect(await take()).toEqual([]);
  await update(ended(run));
  expect(await take()).toEqual([
    {
      run: run.id,
      workflow: 'load',
      version,
      status: 'succeeded',
      endedAt: expect.any(Number),
      output: { rows: 3 },
      error: null,
      labels: { day: 'mon' },
      origin: NO_ORIGIN,
      input: null,
    },
  ]);
  expect(await take()).toEqual([]);
});

test('every end is noted of a run that is taken up again, though nobody has acted on the one before; the same one once', async () => {
  const run = newRun();
  const failure = { status: 'failed', output: null, error: { code: 'NO', message: 'no' } } as const;
  const [first, second] = [run.createdAt + 5, run.createdAt + 5_000];
  await insert(run, 'load');
  await update(ended(run, { ...failure, endedAt: first }));
  await update(run);
  await update(ended(run, { ...failure, endedAt: second }));
  await update(ended(run, { ...failure, endedAt: second }));
  expect(await take()).toMatchObject([
    { run: run.id, status: 'failed', endedAt: first },
    { run: run.id, status: 'failed', endedAt: second },
  ]);
  expect(await take()).toEqual([]);
});

test('of two ends of one run each is taken for itself', async () => {
  const run = newRun();
  await insert(run, 'load');
  await update(ended(run, { endedAt: run.createdAt + 5 }));
  await update(run);
  await update(ended(run, { endedAt: run.createdAt + 6 }));
  expect(await take(1)).toMatchObject([{ endedAt: run.createdAt + 5 }]);
  expect(await take(1)).toMatchObject([{ endedAt: run.createdAt + 6 }]);
});

test('no more are taken than asked for, whatever the planner believes there are', async () => {
  const note = (from: number, to: number) =>
    db.query(
      `insert into reprise.completion (run_id, status, workflow, ended_at)
       select gen_random_uuid(), 'succeeded', 'load', reprise.at_ms(number) from generate_series($1::int, $2::int) as number`,
      [from, to],
    );
  await note(1, 1);
  await db.query('analyze reprise.completion');
  await note(2, 9);
  expect((await take(2)).map(({ endedAt }) => endedAt)).toEqual([1, 2]);
  expect(await take()).toHaveLength(7);
});

test('so is the end of one that ended as it began', async () => {
  const run = ended(newRun(), { status: 'failed', output: null, error: { code: 'NO', message: 'no' } });
  await insert(run, 'load');
  expect(await take()).toMatchObject([{ run: run.id, status: 'failed', error: { code: 'NO' } }]);
});

test('the end of a probe is noted with when it was fired, until its poll is gone', async () => {
  const poll = { every: '1m', call: 'look', if: true };
  await register('watcher', [{ poll }]);
  const input = json({ time: '2026-01-01T00:00:00Z', previous: null });
  const run = ended(newRun({ input }));
  await insert(run, 'watcher.poll.poll', 'probe');
  await insert(ended(newRun()), 'load');
  const [alone] = await db.database.transaction((session) => new CompletionStore(session).take(10, run.id));
  expect(alone).toMatchObject({ run: run.id, workflow: 'watcher.poll.poll', input: { time: '2026-01-01T00:00:00Z' } });
  expect(await take()).toHaveLength(1);
  await register('watcher', [{ poll: { ...poll, id: 'other' } }]);
  await insert(ended(newRun()), 'watcher.poll.poll', 'probe');
  expect(await take()).toEqual([]);
});

test('nobody’s end is noted whom nobody follows, nor any more when its follower has changed or is archived', async () => {
  await insert(ended(newRun()), 'report');
  await register('late', [{ workflow: { name: 'other' } }]);
  await register('late', [{ event: 'x' }]);
  await insert(ended(newRun()), 'other');
  await register('gone', [{ workflow: { name: 'another' } }]);
  await new WorkflowStore(db.database).archive('gone');
  await insert(ended(newRun()), 'another');
  expect(await take()).toEqual([]);
});

test('what is being acted on is nobody else’s, and comes back when that comes to nothing', async () => {
  for (const id of [newRunId(), newRunId()]) await insert(ended(newRun({ id })), 'load');
  await expect(
    db.database.transaction(async (session) => {
      expect(await new CompletionStore(session).take(1)).toHaveLength(1);
      expect(await take()).toHaveLength(1);
      throw new Error('dies');
    }),
  ).rejects.toThrow('dies');
  expect(await take()).toHaveLength(1);
});
