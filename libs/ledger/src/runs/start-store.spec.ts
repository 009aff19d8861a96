import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fence, type RunId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { json, newRun, newRunId, newStart, newTask } from '../../test/rows.js';
import { AdvanceStore, eventKey, type RunKey, type SeenEvent, type Session, StartStore } from '../index.js';

const WEEK_MS = 7 * 24 * 3_600_000;
const TABLES = ['run', 'task', 'idempotency', 'trigger_event'] as const;
let db: TestDatabase;

const start = <Result>(work: (store: StartStore) => Promise<Result>): Promise<Result> =>
  db.database.transaction((session: Session) => work(new StartStore(session)));
const count = async (table: string): Promise<number> =>
  Number((await db.query<{ rows: string }>(`select count(*) as rows from reprise.${table}`))[0]?.rows);
const together = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));

const event = (fields: Partial<SeenEvent> = {}): SeenEvent => ({
  source: 'shop',
  id: systemClock.uuid(),
  type: 'order.created',
  subject: null,
  fingerprint: 'f1',
  outcome: 'accepted',
  results: json([]),
  ...fields,
});
const key = (fields: Partial<RunKey> = {}): RunKey => ({
  workflow: 'pages',
  key: systemClock.uuid(),
  fingerprint: 'f1',
  run: newRunId(),
  ...fields,
});

beforeAll(async () => {
  db = await TestDatabase.create(20);
});
afterAll(() => db.end());
beforeEach(async () => {
  for (const table of TABLES) await db.query(`delete from reprise.${table}`);
});

describe('an event', () => {
  test('is new to exactly one of 20 transactions that bring it at the same time; the others find what became of it', async () => {
    const same = event();
    const seen = await together(20, (index) =>
      start(async (store) => {
        const mine = { ...same, results: json([{ by: index }]) };
        const fresh = await store.insertEvents([mine, event({ source: `own-${index}` })]);
        const known = await store.findEvents([same]);
        return { isNew: fresh.has(eventKey(same)), newOnes: fresh.size, results: known[0]?.results, by: mine.results };
      }),
    );
    const winners = seen.filter((each) => each.isNew);
    expect(winners).toHaveLength(1);
    for (const each of seen) {
      expect(each.newOnes).toBe(each.isNew ? 2 : 1);
      expect(each.results).toBe(winners[0]?.by);
    }
    expect(await count('trigger_event')).toBe(21);
  });

  test('whose first transaction is rolled back is new again', async () => {
    const same = event();
    const failing = start(async (store) => {
      await store.insertEvents([same]);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect(await start((store) => store.insertEvents([same]))).toEqual(new Set([eventKey(same)]));
  });

  test('is known by source and id together, and batches in every order do not deadlock', async () => {
    const batch = Array.from({ length: 50 }, (_, index) => event({ id: `e${index}`, source: index % 2 === 0 ? 'a' : 'B' }));
    let runs = 0;
    const fresh = await together(10, (index) =>
      start((store) => {
        runs += 1;
        return store.insertEvents(index % 2 === 0 ? batch : [...batch].reverse());
      }),
    );
    expect(fresh.reduce((sum, each) => sum + each.size, 0)).toBe(50);
    expect(runs).toBe(10);
    expect(await start((store) => store.findEvents([{ source: 'b', id: 'e1' }]))).toEqual([]);
  });

  test('that business keys decided otherwise than foreseen is told as it was', async () => {
    const seen = event();
    await start(async (store) => {
      await store.insertEvents([seen]);
      await store.updateEventResults([{ ...seen, outcome: 'conflict', results: json(['held']) }]);
    });
    expect(await start((store) => store.findEvents([seen]))).toMatchObject([{ outcome: 'conflict', results: '["held"]' }]);
  });

  test('without an id is found again by sender and body, the newest of several', async () => {
    await start((store) =>
      store.insertEvents([event({ id: 'body:aa:1' }), event({ id: 'body:aaa:1' }), event({ id: 'body:aa:1', source: 'other' })]),
    );
    await start((store) => store.insertEvents([event({ id: 'body:aa:2' })]));
    expect(await start((store) => store.findAnonymousEvent('shop', 'body:aa'))).toMatchObject({ id: 'body:aa:2' });
    expect(await start((store) => store.findAnonymousEvent('shop', 'body:a'))).toBeNull();
  });
});

describe('a run’s business key', () => {
  test('is taken by exactly one of 20 that ask at the same time; the others learn who and with what', async () => {
    const wanted = key();
    const asked = await together(20, async (index) => {
      const mine = { ...wanted, run: newRunId(), fingerprint: `f${index}` };
      const [holder] = await start((store) => store.takeKeys([mine], WEEK_MS));
      return { mine, holder };
    });
    const winners = asked.filter(({ holder }) => holder?.kind === 'taken');
    expect(winners).toHaveLength(1);
    const held = { kind: 'held', run: winners[0]?.mine.run, fingerprint: winners[0]?.mine.fingerprint, status: null };
    for (const { holder } of asked.filter((each) => each !== winners[0])) expect(holder).toEqual(held);
  });

  test('whose time is over is taken over, by exactly one of 20', async () => {
    const old = key();
    await start((store) => store.takeKeys([old], -1));
    const holders = await together(20, () =>
      start((store) => store.takeKeys([{ ...old, run: newRunId(), fingerprint: 'f2' }], WEEK_MS)),
    );
    expect(holders.filter(([holder]) => holder?.kind === 'taken')).toHaveLength(1);
    expect(holders.flat().some((holder) => holder.kind === 'held' && holder.run === old.run)).toBe(false);
  });

  test('answers come in the order of the question, and a rolled back owner leaves nothing', async () => {
    const [held, free] = [key(), key()];
    await start((store) => store.takeKeys([held], WEEK_MS));
    const ask = (store: StartStore) =>
      store.takeKeys([free, { ...held, run: newRunId() }, { ...held, workflow: 'another' }], WEEK_MS);
    const expected = ['taken', 'held', 'taken'];
    const failing = start(async (store) => {
      expect((await ask(store)).map(({ kind }) => kind)).toEqual(expected);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect((await start(ask)).map(({ kind }) => kind)).toEqual(expected);
  });
});

describe('a batch of starts', () => {
  test('of 500 is there whole: runs, tasks and attempts as they were decided', async () => {
    const starts = Array.from({ length: 500 }, (_, index) =>
      newStart(newRun({ labels: { n: String(index) }, dueAt: 4e12, watchAt: 4e12 }), [newTask(), newTask({ node: 1 })]),
    );
    await start((store) => store.insertRuns(starts));
    expect([await count('run'), await count('task')]).toEqual([500, 1000]);
    const first = starts[0];
    if (first === undefined) throw new Error('no start');
    const [run, task] = await db.database.transaction(async (session) => {
      const store = new AdvanceStore(session);
      return [await store.lockRuns([first.run.id]), await store.lockTasks([{ run: first.run.id, node: 1, at: '' }])] as const;
    });
    expect(run.runs).toEqual([{ run: first.run, version: first.version }]);
    expect(task).toEqual([{ run: first.run.id, task: { ...first.tasks[1], input: 'stored' } }]);
  });

  test('with one impossible row leaves nothing at all, of its events and keys neither', async () => {
    const starts = Array.from({ length: 500 }, (_, index) => newStart(newRun(), [newTask(index === 321 ? { queue: null } : {})]));
    const keys = starts.map((each) => key({ run: each.run.id }));
    const starting = start(async (store) => {
      await store.insertEvents([event()]);
      await store.takeKeys(keys, WEEK_MS);
      await store.insertRuns(starts);
    });
    await expect(starting).rejects.toMatchObject({ code: '23514', constraint: 'task_ready' });
    for (const table of TABLES) expect([table, await count(table)]).toEqual([table, 0]);
  });

  test('that has ended already waits to be announced; one that goes on does not', async () => {
    const ended = newStart(newRun({ status: 'failed', endedAt: 1, error: { code: 'X', message: 'x' } }), []);
    const open = newStart(newRun(), [newTask({ fence: fence(9) })]);
    await start((store) => store.insertRuns([ended, open]));
    const rows = await db.query<{ id: RunId; announced: boolean }>('select id, announced from reprise.run');
    expect(new Map(rows.map((row) => [row.id, row.announced]))).toEqual(
      new Map([
        [ended.run.id, false],
        [open.run.id, true],
      ]),
    );
  });
});
