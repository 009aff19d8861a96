import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '@reprise/core';
import { armFaults, InjectedFault } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { History } from '../../test/history.js';
import { DAY_MS, passOf, runPass } from '../../test/passes.js';
import type { RetentionPolicy } from './retention-pass.js';

let db: TestDatabase;
let history: History;

beforeAll(async () => {
  db = await TestDatabase.create();
});
beforeEach(async () => {
  history = new History(db);
  await history.forget();
});
afterEach(() => armFaults(null));
afterAll(() => db.end());

const pass = (policy: Partial<RetentionPolicy> = {}) => runPass(db, policy);

describe('a run that ended long enough ago', () => {
  test('goes with all that is its own; a younger one and one that is open stay with theirs', async () => {
    const old = await history.run({ daysAgo: 12 });
    const young = await history.run({ daysAgo: 8 });
    const open = await history.run({ daysAgo: 12, status: 'running' });
    const late = await history.run({ daysAgo: 12, endedDaysAgo: 9 });
    for (const id of [old, young, open, late]) await history.fill(id);
    expect(await pass()).toEqual({ run: 1 });
    expect(await history.rowsOf(old)).toEqual({});
    const all = await history.rowsOf(young);
    expect(Object.keys(all).sort()).toEqual(
      ['approval', 'attempt', 'attempt_log', 'command', 'effect', 'kept_event', 'run', 'seen_event', 'task'].sort(),
    );
    for (const id of [open, late]) expect(await history.rowsOf(id)).toEqual(all);
  });

  test.each([
    ['its end is not announced', (id: string) => db.query('update reprise.run set announced = false where id = $1', [id])],
    [
      'what follows from its end is not started yet',
      (id: string) =>
        db.query(`insert into reprise.completion (run_id, status, workflow, ended_at) values ($1, 'failed', 'past', now())`, [
          id,
        ]),
    ],
    [
      'a task of it is parked',
      (id: string) =>
        db.query(
          `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, parked_at) values ($1, 0, '', 'parked', 1, 1, now(), now())`,
          [id],
        ),
    ],
    ['an effect of it is in doubt', (id: string) => history.effect(id as RunId, 'in_doubt')],
    ['nobody knows how an effect of it ended', (id: string) => history.effect(id as RunId, 'intended')],
  ])('stays while %s', async (_what, make) => {
    const id = await history.run({ daysAgo: 20, status: 'failed' });
    await make(id);
    await pass();
    expect(await history.exists(id)).toBe(true);
  });

  test('goes with an effect in doubt that was to fail its task: nobody is asked', async () => {
    const id = await history.run({ daysAgo: 20, status: 'failed' });
    await history.effect(id, 'in_doubt', 'fail');
    await pass();
    expect(await history.rowsOf(id)).toEqual({});
  });

  test.each([
    ['succeeded', null],
    ['failed', '{"code":"RESOLVED","message":"ann resolved it as failed"}'],
  ])('goes with an effect in doubt when a person has resolved its task: as %s', async (status, error) => {
    const id = await history.run({ daysAgo: 20, status: 'failed' });
    await history.effect(id, 'in_doubt');
    const [effect] = await db.query<{ node: number; at: string }>('select node, at from reprise.effect where run_id = $1', [id]);
    await db.query(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at, error) values ($1, $2, $3, $4, 1, 1, now(), now(), $5)`,
      [id, effect?.node, effect?.at, status, error],
    );
    await pass();
    expect(await history.rowsOf(id)).toEqual({});
  });

  test('stays while its parent is there, and goes with it', async () => {
    const top = await history.run({ daysAgo: 20, endedDaysAgo: 5 });
    const middle = await history.run({ daysAgo: 19, endedDaysAgo: 18, parent: top });
    const bottom = await history.run({ daysAgo: 18, parent: middle });
    expect(await pass()).toEqual({});
    for (const id of [top, middle, bottom]) expect(await history.exists(id)).toBe(true);
    expect(await pass({ runsMs: 4 * DAY_MS })).toEqual({ run: 3 });
  });

  test('is deleted whole or not at all', async () => {
    const id = await history.run({ daysAgo: 20 });
    await history.fill(id);
    const all = await history.rowsOf(id);
    armFaults('retention.before-commit:throw');
    await expect(pass()).rejects.toThrow(InjectedFault);
    expect(await history.rowsOf(id)).toEqual(all);
    armFaults('retention.after-commit:throw');
    await expect(pass()).rejects.toThrow(InjectedFault);
    expect(await history.rowsOf(id)).toEqual({});
  });

  test('is left alone while its scheduler holds it', async () => {
    const id = await history.run({ daysAgo: 20 });
    await db.database.source.transaction(async (manager) => {
      // It idles meanwhile, on a busy machine for longer than the engine allows.
      await manager.query('set local idle_in_transaction_session_timeout = 0');
      await manager.query('select from reprise.run where id = $1 for update', [id]);
      expect(await pass()).toEqual({});
    });
    expect(await pass()).toEqual({ run: 1 });
  });

  test('goes in portions, however many there are and however large one is', async () => {
    const large = await history.run({ daysAgo: 21 });
    await history.runs(450, 20);
    await db.query(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at)
       select $1, 0, g::text, 'succeeded', 1, 1, now(), now() from generate_series(1, 12000) as g`,
      [large],
    );
    const steps: number[] = [];
    for await (const { kind, count } of passOf(db).steps()) if (kind === 'run') steps.push(count);
    expect(steps.reduce((sum, count) => sum + count, 0)).toBe(451);
    expect(steps.slice(0, 2)).toEqual([1, 199]);
    expect(await db.query('select from reprise.task')).toEqual([]);
  });
});

test('of more runs than are to be kept the oldest go, but for those that are open or have ended only now; probes are not counted', async () => {
  const old = await history.run({ daysAgo: 5 });
  const open = await history.run({ daysAgo: 4, status: 'running' });
  const now = await history.run({ daysAgo: 3, endedDaysAgo: 0 });
  const kept = [await history.run({ daysAgo: 2 }), await history.run({ daysAgo: 1 })];
  await history.run({ daysAgo: 0.5, trigger: 'probe', workflow: 'past.poll.poll' });
  expect(await pass({ mostRuns: 5 })).toEqual({});
  expect(await pass({ mostRuns: 2 })).toEqual({ run: 1 });
  expect(await history.exists(old)).toBe(false);
  for (const id of [open, now, ...kept]) expect(await history.exists(id)).toBe(true);
});
