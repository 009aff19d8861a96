import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fence, type RunId, runId, versionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { AdmissionStore } from './admission-store.js';
import { SlotStore } from './slot-store.js';

let db: TestDatabase;
let store: SlotStore;

beforeAll(async () => {
  db = await TestDatabase.create();
  store = new SlotStore(db.database);
});
beforeEach(() => db.query('truncate reprise.slot, reprise.rate'));
afterAll(() => db.end());

const KEY = { workflow: 'w', key: 'k' };
const version = versionId('018f3c2e-0000-7000-8000-00000000000a');
const someRun = (): RunId => runId(systemClock.uuidv7());
const held = async (): Promise<number> => (await db.query(`select 1 from reprise.slot where state = 'held'`)).length;

/** A run that holds a place under KEY and is in the ledger: only such can be released. */
async function holder(): Promise<RunId> {
  const [started] = await startRuns(db.database, await registerWorkflow(db.database, 'workflow: w\ntasks: { a: { sleep: 1h } }'));
  const run = started!.run;
  await db.query(`update reprise.run set slot_key = 'k' where id = $1`, [run]);
  return run;
}
const release = (run: RunId) => db.database.transaction((session) => new SlotStore(session).release([run], new Map()));

describe('places', () => {
  test('are given to as many as there is room for, however many that are', async () => {
    const run = await holder();
    const waiting = Array.from({ length: 300 }, someRun);
    await store.insert([
      { ...KEY, run, version, state: 'held', most: 250 },
      ...waiting.map((each) => ({ ...KEY, run: each, version, state: 'waiting' as const, most: 250 })),
    ]);
    const granted = await release(run);
    expect(granted.map((each) => each.run)).toEqual(waiting.slice(0, 250));
    expect(await held()).toBe(250);
  });

  test('are given to nobody ahead of one who has waited longer, though a newer version lets more of them have one', async () => {
    const run = await holder();
    const [first, second, third] = [someRun(), someRun(), someRun()];
    await store.insert([
      { ...KEY, run, version, state: 'held', most: 2 },
      { ...KEY, run: someRun(), version, state: 'held', most: 2 },
      { ...KEY, run: first, version, state: 'waiting', most: 1 },
      { ...KEY, run: second, version, state: 'waiting', most: 9 },
    ]);
    expect(await release(run)).toEqual([]);
    await store.insert([{ ...KEY, run: third, version, state: 'waiting', most: 9 }]);
    expect((await store.waiting(KEY)).map((each) => each.run)).toEqual([first, second, third]);
  });

  test('are one a run: asked for again it keeps the one it has', async () => {
    const run = someRun();
    await store.insert([{ ...KEY, run, version, state: 'held', most: 1 }]);
    await store.insert([{ ...KEY, run, version, state: 'waiting', most: 1 }]);
    expect([await store.find(run), await store.find(someRun())]).toEqual(['held', null]);
  });

  test('that a run never had are given back for nothing', async () => {
    const [started] = await startRuns(
      db.database,
      await registerWorkflow(db.database, 'workflow: w\ntasks: { a: { sleep: 1h } }'),
    );
    await store.insert([{ ...KEY, run: someRun(), version, state: 'waiting', most: 1 }]);
    expect(await release(started!.run)).toEqual([]);
    expect(await held()).toBe(0);
  });
});

test('the windows of rate limits are forgotten once they hold nobody back', async () => {
  const rates = new AdmissionStore(db.database);
  const question = { dependency: null, place: null, waited: null, unit: 0.5, node: 0, at: '', fence: fence(1) };
  const rate = { max: 1, perMs: 1_000 };
  const asked = [
    { ...question, rate: { ...rate, key: 'old' } },
    { ...question, rate: { ...rate, key: 'new' } },
  ];
  const answers = await rates.ask({ run: someRun(), version }, [...asked, ...asked], { breaker: null, budget: null }, 5_000);
  const now = { kind: 'now', as: null };
  const later = { kind: 'later', hold: 'RATE_LIMIT', startAt: 6_050, detail: null };
  expect(answers).toEqual([now, now, later, later]);
  await db.query(`update reprise.rate set updated_at = now() - interval '3 days' where key = 'old'`);
  await rates.purge();
  expect(await db.query('select key from reprise.rate')).toEqual([{ key: 'new' }]);
});
