import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type RunId, runId, versionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { NOTICE_TO_RUN } from './notice-store.js';
import { reclaimPlaces } from './reclaim-places.js';
import { SlotStore } from './slot-store.js';

let db: TestDatabase;
let store: SlotStore;

beforeAll(async () => {
  db = await TestDatabase.create(4);
  store = new SlotStore(db.database);
});
beforeEach(() => db.query('truncate reprise.slot, reprise.notice'));
afterAll(() => db.end());

const version = versionId('018f3c2e-0000-7000-8000-00000000000a');

async function openRun(): Promise<RunId> {
  const [started] = await startRuns(db.database, await registerWorkflow(db.database, 'workflow: w\ntasks: { a: { sleep: 1h } }'));
  return started!.run;
}
async function endedRun(): Promise<RunId> {
  const run = await openRun();
  await db.query(`update reprise.run set status = 'failed', ended_at = now(), watch_at = null where id = $1`, [run]);
  return run;
}
const place = (key: string, run: RunId, state: 'held' | 'waiting') =>
  store.insert([{ workflow: 'w', key, run, version, state, most: 1 }]);
const places = () => db.query('select key, run_id as run, state from reprise.slot order by key, number');

test('places of runs that have ended or are gone go to those that wait; the others are left alone', async () => {
  const [ended, gone, open] = [await endedRun(), runId(systemClock.uuidv7()), await openRun()];
  const [first, second, third] = [await openRun(), await openRun(), await openRun()];
  await place('ended', ended, 'held');
  await place('ended', first, 'waiting');
  await place('gone', gone, 'held');
  await place('gone', second, 'waiting');
  await place('open', open, 'held');
  await place('open', third, 'waiting');
  expect(await reclaimPlaces(db.database)).toBe(2);
  expect(await places()).toEqual([
    { key: 'ended', run: first, state: 'held' },
    { key: 'gone', run: second, state: 'held' },
    { key: 'open', run: open, state: 'held' },
    { key: 'open', run: third, state: 'waiting' },
  ]);
  expect(await db.query('select run_id as run, node from reprise.notice order by run_id')).toEqual(
    [first, second].sort().map((run) => ({ run, node: NOTICE_TO_RUN })),
  );
  expect(await reclaimPlaces(db.database)).toBe(0);
});

test('a run that is taken up again meanwhile keeps its place', async () => {
  const [ended, waiting] = [await endedRun(), await openRun()];
  await place('k', ended, 'held');
  await place('k', waiting, 'waiting');
  let reclaiming: Promise<number> = Promise.resolve(0);
  await db.database.transaction(async (session) => {
    await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
    await new SlotStore(session).lock([{ workflow: 'w', key: 'k' }]);
    reclaiming = reclaimPlaces(db.database);
    await waitsForLock();
    await db.query(`update reprise.run set status = 'running', ended_at = null where id = $1`, [ended]);
  });
  await reclaiming;
  expect(await places()).toEqual([
    { key: 'k', run: ended, state: 'held' },
    { key: 'k', run: waiting, state: 'waiting' },
  ]);
});

/** Somebody has found the key by now, and stands in line for it. */
const waitsForLock = () =>
  eventually(
    async () => {
      const rows = await db.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      expect(rows).toHaveLength(1);
    },
    { what: 'the key to be waited for' },
  );
