import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type EventRequest, fence, type RunId, topicMatches } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { json, newRunId, newVersionId } from '../../test/rows.js';
import { topicExpression } from '../definitions/topic-expression.js';
import { interestId, type NewKeptEvent, type Subscription, WaitStore } from '../index.js';

const PATTERN = 'order.paid';
const MATCH = 'event.data.order';
const interest = interestId(PATTERN, MATCH);
let db: TestDatabase;
let last = 0;

beforeAll(async () => {
  // One for each batch at a time: waiting for a connection has a limit that a slow machine reaches.
  db = await TestDatabase.create(20);
});
afterAll(() => db.end());
beforeEach(() =>
  db.query('truncate reprise.kept_event, reprise.event_key, reprise.subscription, reprise.seen_event, reprise.notice'),
);

const anEvent = (key: string, fields: Partial<NewKeptEvent> = {}): NewKeptEvent => {
  last += 1;
  return { source: 'shop', id: `e-${last}`, type: PATTERN, body: json({ n: last }), keys: [{ interest, key }], ...fields };
};
const aWait = (key: string, fields: Partial<Subscription> = {}): Subscription => ({
  run: newRunId(),
  version: newVersionId(),
  workflow: 'w',
  node: 0,
  at: '',
  fence: fence(1),
  interest,
  key,
  pattern: PATTERN,
  since: systemClock.now() - 60_000,
  ...fields,
});

const arrive = (...events: readonly NewKeptEvent[]) =>
  db.database.transaction(async (session) => {
    const waits = new WaitStore(session);
    const keys = events.flatMap((event, place) => event.keys.map((key) => ({ ...key, place })));
    await waits.lock(keys, []);
    const numbers = await waits.keep(events);
    return { numbers, woken: await waits.wake(keys, 1_000) };
  });
const begin = (...subscriptions: readonly Subscription[]) =>
  db.database.transaction(async (session) => {
    const waits = new WaitStore(session);
    await waits.lock([], subscriptions);
    return waits.subscribe(subscriptions);
  });
const requestOf = ({ node, at, key, since, fence: of }: Subscription): EventRequest => ({
  node,
  at,
  fence: of,
  pattern: PATTERN,
  match: MATCH,
  key,
  since,
});
const unseen = (wait: Subscription) => new WaitStore(db.database).unseen(wait.run, requestOf(wait));
const numbersOf = async (wait: Subscription) => (await unseen(wait)).events.map(({ number }) => number);
const mark = (wait: Subscription, number: number, taken: boolean) => {
  const { run, node, at, fence: of } = wait;
  return new WaitStore(db.database).mark([{ run, node, at, fence: of, number, taken }]);
};

async function onlyNumber(event: NewKeptEvent): Promise<number> {
  const [number] = (await arrive(event)).numbers.values();
  if (number === undefined) throw new Error('not kept');
  return number;
}

describe('an event and a wait', () => {
  test('committed at the same time never miss each other', async () => {
    const races = Array.from({ length: 300 }, (_, index) => `race-${index}`);
    for (let from = 0; from < races.length; from += 5) {
      await Promise.all(
        races.slice(from, from + 5).map(async (key) => {
          const wait = aWait(key);
          const [{ woken }, early] = await Promise.all([arrive(anEvent(key)), begin(wait)]);
          expect(woken.length + early.length).toBeGreaterThan(0);
          expect(await numbersOf(wait)).toHaveLength(1);
        }),
      );
    }
  });

  test('in batches with keys in any order do not deadlock', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `k-${index}`);
    const shuffled = () => keys.toSorted(() => systemClock.unit() - 0.5);
    const rounds = Array.from({ length: 20 }, async (_, round) =>
      round % 2 === 0
        ? { woken: (await arrive(...shuffled().map((key) => anEvent(key)))).woken.length, early: 0 }
        : { woken: 0, early: (await begin(...shuffled().map((key) => aWait(key)))).length },
    );
    const found = await Promise.all(rounds);
    // Ten waits of each key met ten events of each, once from either side.
    expect(found.reduce((sum, { woken, early }) => sum + woken + early, 0)).toBeGreaterThanOrEqual(keys.length * 10);
  });
});

describe('a wait that begins', () => {
  test('is told of an event only if one of its key has come since, and no other wait of its run has taken it', async () => {
    const number = await onlyNumber(anEvent('a'));
    const [mine, late, foreign, taken] = [aWait('a'), aWait('a', { since: systemClock.now() + 60_000 }), aWait('b'), aWait('a')];
    await mark({ ...taken, node: 7 }, number, true);
    expect((await begin(mine, late, foreign, taken)).map(({ run }) => run)).toEqual([mine.run]);
  });

  test('again, under a new fence, replaces itself', async () => {
    const wait = aWait('a');
    await begin(wait);
    await begin({ ...wait, fence: fence(3), key: 'b' });
    expect(await db.query('select key, fence::int from reprise.subscription')).toEqual([{ key: 'b', fence: 3 }]);
    expect((await arrive(anEvent('b'))).woken).toMatchObject([{ run: wait.run, fence: 3 }]);
    await new WaitStore(db.database).unsubscribe([wait]);
    expect((await arrive(anEvent('b'))).woken).toEqual([]);
  });
});

describe('events that a wait has not seen', () => {
  test('are those of its key, oldest first, those it refused or another has taken left out', async () => {
    const wait = aWait('a');
    const numbers = [];
    for (let n = 0; n < 4; n += 1) numbers.push(await onlyNumber(anEvent('a')));
    await arrive(anEvent('b'));
    await mark(wait, numbers[1] ?? 0, false);
    await mark({ ...wait, node: 9 }, numbers[2] ?? 0, true);
    await mark({ ...wait, run: newRunId() }, numbers[3] ?? 0, true);
    expect(await numbersOf(wait)).toEqual([numbers[0], numbers[3]]);
    expect(await unseen(wait)).toMatchObject({ more: false, events: [{ event: { n: expect.any(Number) } }, {}] });
  });

  test('are there again for the same wait under a new fence: what it took before was given back', async () => {
    const wait = aWait('a');
    const number = await onlyNumber(anEvent('a'));
    await mark(wait, number, true);
    expect(await numbersOf(wait)).toEqual([]);
    const again = { ...wait, fence: fence(2) };
    expect(await numbersOf(again)).toEqual([number]);
    await mark(again, number, true);
    expect(await numbersOf(again)).toEqual([]);
  });

  test('under a new fence are told of when it begins, but for those it has seen under it and those another wait has taken', async () => {
    const wait = aWait('a');
    const number = await onlyNumber(anEvent('a'));
    await mark(wait, number, true);
    const again = { ...wait, fence: fence(2) };
    expect(await begin(again)).toMatchObject([{ run: wait.run, fence: 2 }]);
    await mark(again, number, false);
    expect(await begin(again)).toEqual([]);
    expect(await begin({ ...wait, node: 9 })).toMatchObject([{ node: 9 }]);
    await mark(again, number, true);
    expect(await begin({ ...wait, node: 9 })).toEqual([]);
  });

  test('sent to its run are told of again likewise', async () => {
    const wait = aWait('a');
    const [row] = await db.query<{ number: number }>(
      `insert into reprise.kept_event (run_id, type, source, id, body, size) values ($1, $2, 's', 'e', '1', 1) returning number::int`,
      [wait.run, PATTERN],
    );
    await mark(wait, row?.number ?? 0, true);
    expect(await begin(wait)).toEqual([]);
    expect(await begin({ ...wait, fence: fence(2) })).toMatchObject([{ fence: 2 }]);
  });

  test('come a hundred at a time, and no more than a megabyte', async () => {
    const wait = aWait('many');
    await arrive(...Array.from({ length: 130 }, () => anEvent('many')));
    expect(await unseen(wait)).toMatchObject({ more: true, events: { length: 100 } });
    const fat = aWait('fat');
    await arrive(...Array.from({ length: 5 }, () => anEvent('fat', { body: json('x'.repeat(400_000)) })));
    expect(await unseen(fat)).toMatchObject({ more: true, events: { length: 3 } });
  });

  test('are also those sent to its run, if they are of its type', async () => {
    const wait = aWait('a');
    const put = (run: RunId, type: string) =>
      db.query(`insert into reprise.kept_event (run_id, type, source, id, body, size) values ($1, $2, 's', $2, '1', 1)`, [
        run,
        type,
      ]);
    await put(wait.run, 'order.paid');
    await put(wait.run, 'order.lost');
    await put(newRunId(), 'order.paid');
    expect(await unseen(wait)).toMatchObject({ events: [{ event: 1 }] });
    expect(await begin(wait)).toHaveLength(1);
  });
});

test('a pattern means the same to Postgres as to the core', async () => {
  const patterns = ['#', 'a.#', '#.a', 'a.*', '*.b', 'a.#.c', 'a.b', 'a-b.c_d', '#.a.#.b', 'a.*.#'];
  const types = ['a', 'b', 'a.b', 'a.b.c', 'a.c', 'x.a.y.b', 'a-b.c_d', 'axb.c_d', 'a.b.c.d'];
  for (const pattern of patterns) {
    const rows = await db.query<{ type: string; fits: boolean }>(
      `select type, (type || '.') ~ $1 as fits from unnest($2::text[]) as t (type)`,
      [topicExpression(pattern), types],
    );
    expect(rows.map(({ type, fits }) => [pattern, type, fits])).toEqual(
      types.map((type) => [pattern, type, topicMatches(pattern, type)]),
    );
  }
});

test('an interest is the same wherever it is made, and a UUID', () => {
  expect(interestId('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(interestId('a', 'b')).toBe(interestId('a', 'b'));
  expect(new Set([interestId('a', 'b'), interestId('a', 'c'), interestId('ab', '')]).size).toBe(3);
});
