import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dropWeek, weekOf, weekRanges } from '@reprise/ledger';
import { armFaults, InjectedFault, systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { History } from '../../test/history.js';
import { DAY_MS, runPass } from '../../test/passes.js';
import type { RetentionPolicy } from './retention-pass.js';

let db: TestDatabase;
let history: History;
let week: string;

/** So long that runs wait for their week, and so long ago that all of it is past. */
const RUNS_MS = 30 * DAY_MS;
const AGO = 50;
const pass = (policy: Partial<RetentionPolicy> = {}) => runPass(db, { runsMs: RUNS_MS, ...policy });

beforeAll(async () => {
  db = await TestDatabase.create();
});
beforeEach(async () => {
  history = new History(db);
  await history.forget();
  week = await history.week(AGO);
});
afterEach(() => armFaults(null));
afterAll(() => db.end());

const drop = (beforeCommit?: () => unknown) => {
  const weekMs = Date.parse(`${week.slice(0, 4)}-${week.slice(4, 6)}-${week.slice(6)}`);
  const [range] = weekRanges([weekMs]).filter((each) => each.weekMs !== null);
  if (range === undefined) throw new Error('no range');
  return dropWeek(db.database, { ...range, weekMs }, systemClock.now() - RUNS_MS, beforeCommit);
};

test('a week goes as a whole, when all of its runs are old enough; what is younger waits for its own week', async () => {
  await history.runs(1_000, AGO);
  const [id] = await db.query<{ id: string }>('select id from reprise.run limit 1');
  const young = await history.run({ daysAgo: 20 });
  // Old enough, in a week that is not: that of the boundary, whichever day it is today.
  const boundary = systemClock.now() - RUNS_MS;
  const waiting = await history.run({ daysAgo: (systemClock.now() - (weekOf(boundary) + boundary) / 2) / DAY_MS });
  const deleted = await pass();
  expect(deleted['week']).toBeGreaterThanOrEqual(1);
  expect(deleted['run']).toBeUndefined();
  expect(await history.hasWeek(week)).toBe(false);
  expect(await db.query('select from reprise.task where run_id = $1', [id?.id])).toEqual([]);
  expect(await history.exists(young)).toBe(true);
  expect(await history.exists(waiting)).toBe(true);
  expect(await pass()).toEqual({});
});

describe('a week with a run that must stay', () => {
  test.each([
    ['is open', () => history.run({ daysAgo: AGO, status: 'running' })],
    ['ended late', () => history.run({ daysAgo: AGO, endedDaysAgo: 3 })],
    ['has an end nobody was told of', () => history.run({ daysAgo: AGO, announced: false })],
    [
      'has an effect in doubt',
      async () => {
        const id = await history.run({ daysAgo: AGO });
        await history.effect(id, 'in_doubt');
        return id;
      },
    ],
    [
      'has a parent of another week that stays',
      async () => history.run({ daysAgo: AGO, parent: await history.run({ daysAgo: AGO + 7, endedDaysAgo: 1 }) }),
    ],
  ])('because it %s stays with that run, and loses the others', async (_why, make) => {
    await history.runs(300, AGO);
    const stays = await make();
    const deleted = await pass();
    expect(deleted['run']).toBe(300);
    expect(await history.hasWeek(week)).toBe(true);
    expect(await history.exists(stays)).toBe(true);
  });
});

test('what clocks that are far off have made goes one by one, whatever its ids say', async () => {
  const past = await history.run({ daysAgo: 20_000, endedDaysAgo: 40 });
  const ahead = await history.run({ daysAgo: -3_000, endedDaysAgo: 40 });
  const stays = await history.run({ daysAgo: -3_000, endedDaysAgo: 20 });
  expect((await pass())['run']).toBe(2);
  for (const id of [past, ahead]) expect(await history.exists(id)).toBe(false);
  expect(await history.exists(stays)).toBe(true);
});

test('runs with rows in other tables go one by one before their week does', async () => {
  await history.runs(50, AGO);
  const filled = await history.run({ daysAgo: AGO });
  await history.fill(filled);
  const deleted = await pass();
  expect(deleted['run']).toBe(1);
  expect(await history.hasWeek(week)).toBe(false);
  expect(await history.rowsOf(filled)).toEqual({});
});

test('a week goes whole or not at all', async () => {
  await history.runs(10, AGO);
  armFaults('retention.before-drop:throw');
  await expect(pass()).rejects.toThrow(InjectedFault);
  expect(await history.hasWeek(week)).toBe(true);
  expect(await db.query('select from reprise.run')).toHaveLength(10);
});

test('a run that is taken up again at the last moment keeps its week', async () => {
  await history.runs(10, AGO);
  // Somebody holds the week while it is found droppable, and takes a run up again before it is locked.
  const taken = db.database.source.transaction(async (manager) => {
    // It idles meanwhile, on a busy machine for longer than the engine allows.
    await manager.query('set local idle_in_transaction_session_timeout = 0');
    await manager.query(
      `update reprise.run set status = 'running', ended_at = null where id = (select id from reprise.run order by id limit 1)`,
    );
    return drop().then((obstacle) => obstacle);
  });
  expect(await taken).toBe('busy');
  expect(await drop()).toBe('open');
  expect(await history.hasWeek(week)).toBe(true);
});

test('while a statement uses the tables, a week waits its turn, and nothing waits for it', async () => {
  await history.runs(10, AGO);
  const now = await history.run({ daysAgo: 0 });
  await db.database.source.transaction(async (manager) => {
    // It idles meanwhile, on a busy machine for longer than the engine allows.
    await manager.query('set local idle_in_transaction_session_timeout = 0');
    await manager.query('select from reprise.run where id = $1 for update', [now]);
    const dropping = drop();
    // Each is a statement that would queue behind the lock; all of them come through while the drop goes on trying.
    for (let round = 0; round < 20; round += 1) await db.query('select from reprise.run where id = $1', [now]);
    expect(await dropping).toBe('busy');
  });
  expect(await drop()).toBeNull();
  expect(await history.hasWeek(week)).toBe(false);
});
