import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fence, type RunId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { json, newRun, newRunId, newStart, newVersionId } from '../../test/rows.js';
import { AdvanceStore, EventStore, interestId, StartStore, type Subscription, WaitStore } from '../index.js';

let db: TestDatabase;
let events: EventStore;
let last = 0;

beforeAll(async () => {
  db = await TestDatabase.create(12);
  events = new EventStore(db.database);
});
afterAll(() => db.end());
beforeEach(() =>
  db.query('truncate reprise.kept_event, reprise.event_key, reprise.subscription, reprise.seen_event, reprise.notice'),
);

async function startRun(): Promise<RunId> {
  const start = newStart(newRun(), []);
  await new StartStore(db.database).insertRuns([start]);
  return start.run.id;
}
const anEvent = (type = 'order.paid', id = `e-${++last}`) => ({ type, source: 'api', id, body: json({ id }) });
const aWait = (run: RunId, fields: Partial<Subscription> = {}): Subscription => ({
  run,
  version: newVersionId(),
  workflow: 'w',
  node: 0,
  at: '',
  fence: fence(1),
  interest: interestId('order.*', 'event.subject'),
  key: 'k',
  pattern: 'order.*',
  since: systemClock.now() - 60_000,
  ...fields,
});
const begin = (run: RunId, wait: Subscription) =>
  db.database.transaction(async (session) => {
    await new AdvanceStore(session).lockRuns([run]);
    const waits = new WaitStore(session);
    await waits.lock([], [wait]);
    return waits.subscribe([wait]);
  });
const kept = async () => (await db.query<{ n: number }>('select count(*)::int as n from reprise.kept_event'))[0]?.n;

describe('an event for one run', () => {
  test('is told to its waits of a fitting type, whatever they match by, and leaves a notice with each', async () => {
    const [run, other] = [await startRun(), await startRun()];
    await begin(run, aWait(run));
    await begin(run, aWait(run, { node: 1, pattern: 'stock.#' }));
    await begin(other, aWait(other));
    const answer = await events.send(run, anEvent());
    expect(answer).toMatchObject({ kind: 'sent', woken: [{ run, node: 0, fence: 1 }] });
    expect(await db.query('select run_id, node from reprise.notice')).toEqual([{ run_id: run, node: 0 }]);
  });

  test('is kept once, and told again when it comes again', async () => {
    const run = await startRun();
    await begin(run, aWait(run));
    const event = anEvent();
    expect(await events.send(run, event)).toMatchObject({ kind: 'sent' });
    expect(await events.send(run, event)).toMatchObject({ kind: 'duplicate', woken: [{ run }] });
    expect(await kept()).toBe(1);
  });

  test('is refused by one that has ended, and by one that is not there', async () => {
    const run = await startRun();
    await db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [run]);
    expect(await events.send(run, anEvent())).toEqual({ kind: 'ended', status: 'failed' });
    expect(await events.send(newRunId(), anEvent())).toEqual({ kind: 'not-found' });
    expect(await kept()).toBe(0);
  });

  test('is refused when the run has a thousand of them; those it has may come again', async () => {
    const run = await startRun();
    await db.query(
      `insert into reprise.kept_event (run_id, type, source, id, body, size) select $1, 'a', 'api', 'old-' || n, '1', 1 from generate_series(1, 1000) as n`,
      [run],
    );
    expect(await events.send(run, anEvent())).toEqual({ kind: 'too-many', limit: 1_000 });
    expect(await events.send(run, anEvent('a', 'old-7'))).toMatchObject({ kind: 'duplicate' });
    expect(await kept()).toBe(1_000);
  });

  test('and a wait that begins at the same time never miss each other', async () => {
    const run = await startRun();
    for (let round = 0; round < 100; round += 1) {
      const type = `order.r${round}`;
      const wait = aWait(run, { node: round, pattern: type, key: `k${round}` });
      const [sent, early] = await Promise.all([events.send(run, anEvent(type)), begin(run, wait)]);
      if (sent.kind !== 'sent') throw new Error(JSON.stringify(sent));
      expect(sent.woken.length + early.length).toBe(1);
    }
  });
});

describe('what is forgotten', () => {
  test('are the oldest events, once they are too old, with what is known of them; no more at a time than asked for', async () => {
    const run = await startRun();
    const interest = interestId('a', 'b');
    for (let n = 0; n < 5; n += 1) {
      await db.query(
        `with e as (
           insert into reprise.kept_event (type, source, id, body, size, received_at)
           values ('a', 's', $1, '1', 1, now() - $2::float8 * interval '1 hour') returning number
         ), k as (insert into reprise.event_key (interest, key, number) select $3, 'k', number from e)
         insert into reprise.seen_event (run_id, number, node, at, fence, taken) select $4, number, 0, '', 1, true from e`,
        [`e-${n}`, 10 - 2 * n, interest, run],
      );
    }
    expect(await events.purge(5 * 3_600_000, 2)).toBe(2);
    expect(await events.purge(5 * 3_600_000, 2)).toBe(1);
    expect(await events.purge(5 * 3_600_000, 2)).toBe(0);
    for (const table of ['kept_event', 'event_key', 'seen_event'])
      expect(await db.query(`select number from reprise.${table}`)).toHaveLength(2);
  });
});
