import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, type TaskState } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { insertTasks, newRun, newStart, newTask } from '../../test/rows.js';
import { Database, type DueTask, type QueueReading, StartStore, type Ticket, WatchStore } from '../index.js';

const SECOND = 1_000;
const TABLES = ['run', 'task', 'command'] as const;
let db: TestDatabase;
let rival: Database;
let watch: WatchStore;

const ago = (ms: number): number => systemClock.now() - ms;
const ahead = (ms: number): number => systemClock.now() + ms;
const claimed = () => ({ status: 'running', claim: claimId(systemClock.uuid()), executor: 'e', startedAt: 1 }) as const;

/** One task as `fields` say, whose time to be looked at has come. */
async function due(fields: Partial<TaskState>): Promise<Ticket> {
  const [ticket] = await insertTasks(db.database, 1, { watchAt: ago(SECOND), ...fields });
  if (ticket === undefined) throw new Error('no task');
  return ticket;
}

/** What the scan makes of it, and when the row is looked at again. */
async function scan(of: Ticket, queues: readonly QueueReading[] = []) {
  const before = systemClock.now();
  const found = await watch.dueTasks(100, queues);
  const after = systemClock.now();
  const [row] = await db.query<{ at: number; lease: number | null }>(
    'select reprise.ms(watch_at) as at, reprise.ms(lease_until) as lease from reprise.task where run_id = $1',
    [of.run],
  );
  const reason: DueTask['reason'] | null = found.due.find(({ run }) => run === of.run)?.reason ?? null;
  return { reason, scanned: found.scanned, before, after, nextAt: row?.at ?? 0, lease: row?.lease ?? null };
}

/** Armed again this long after the scan, whenever that was between its call and its answer; the clocks may be a second apart. */
function expectInMs({ before, after, nextAt }: { before: number; after: number; nextAt: number }, ms: number): void {
  expect(nextAt).toBeGreaterThanOrEqual(before + ms - SECOND);
  expect(nextAt).toBeLessThanOrEqual(after + ms + SECOND);
}

beforeAll(async () => {
  db = await TestDatabase.create();
  watch = new WatchStore(db.database);
  rival = new Database({ url: db.url, applicationName: 'rival', poolSize: 4 });
  await rival.connect();
});
afterAll(async () => {
  await rival.close();
  await db.end();
});
beforeEach(async () => {
  for (const table of TABLES) await db.query(`delete from reprise.${table}`);
});

describe('a row whose time has come', () => {
  test('is told with the version of its run and its fence', async () => {
    const start = newStart(newRun(), [newTask({ node: 4, at: '2', watchAt: ago(SECOND) })]);
    await new StartStore(db.database).insertRuns([start]);
    expect((await watch.dueTasks(10, [])).due).toEqual([
      { run: start.run.id, version: start.version, node: 4, at: '2', fence: 1, reason: 'ticket' },
    ]);
  });

  test('is reported once by two watchers at the same time, and not again until it is due again', async () => {
    const tickets = await insertTasks(db.database, 300, { watchAt: ago(SECOND) });
    const watchers = [watch, new WatchStore(rival)];
    const found: DueTask[] = [];
    const began = systemClock.monotonicMs();
    for (let round = 0; round < 4; round += 1) {
      const scans = await Promise.all([...watchers, ...watchers].map((each) => each.dueTasks(40, [])));
      for (const scanned of scans) found.push(...scanned.due);
    }
    found.push(...(await watch.dueTasks(100, [])).due);
    // It is due again after 5 s: a machine that takes so long may find it once in each of them.
    const atMost = 1 + Math.floor((systemClock.monotonicMs() - began) / (5 * SECOND));
    const times = new Map<string, number>();
    for (const { run } of found) times.set(run, (times.get(run) ?? 0) + 1);
    expect([...times.keys()].sort()).toEqual(tickets.map(({ run }) => run).sort());
    expect(Math.max(...times.values())).toBeLessThanOrEqual(atMost);
  });

  test('comes first if it has waited longest, and no more than the limit come', async () => {
    const late = await due({ watchAt: ago(60 * SECOND) });
    await insertTasks(db.database, 5, { watchAt: ago(SECOND) });
    const first = await watch.dueTasks(1, []);
    expect(first.due.map(({ run }) => run)).toEqual([late.run]);
  });

  test('is left alone before its time', async () => {
    const ticket = await due({ watchAt: ahead(30 * SECOND) });
    expect(await scan(ticket)).toMatchObject({ reason: null, scanned: 0 });
  });
});

describe('an attempt that runs', () => {
  test('under a lease is not reported, and is looked at again when the lease ends', async () => {
    const ticket = await due({ ...claimed(), leaseUntil: ahead(42 * SECOND) });
    const found = await scan(ticket);
    expect(found).toMatchObject({ reason: null, scanned: 1 });
    expect(found.nextAt).toBe(found.lease);
  });

  test('whose lease is over is reported, and again in 5 s should nobody act', async () => {
    const found = await scan(await due({ ...claimed(), leaseUntil: ago(1) }));
    expect(found.reason).toBe('lease');
    expectInMs(found, 5 * SECOND);
  });

  test('whose outcome is in the row is reported at once, lease or not', async () => {
    const recorded = { kind: 'cancelled' } as const;
    const found = await scan(await due({ ...claimed(), leaseUntil: ahead(42 * SECOND), recorded }));
    expect(found.reason).toBe('outcome');
    expectInMs(found, 5 * SECOND);
  });
});

describe('a ready attempt', () => {
  const busy = (readUntil: number | null, empty = false): readonly QueueReading[] => [{ queue: 'default', readUntil, empty }];

  test.each([
    ['whose queue is empty has lost its message', () => busy(null, true)],
    ['whose queue nobody has told about has lost its message', () => []],
    ['whose queue has been read more than 5 s past it has lost its message', (queuedAt: number) => busy(queuedAt + 6 * SECOND)],
  ])('%s', async (_what, queues) => {
    const queuedAt = ago(20 * SECOND);
    const found = await scan(await due({ queuedAt }), queues(queuedAt));
    expect(found.reason).toBe('ticket');
    expectInMs(found, 5 * SECOND);
  });

  test.each([
    ['whose queue has not been read that far is only queued', (queuedAt: number) => busy(queuedAt - 10 * SECOND)],
    ['whose queue has been read less than 5 s past it may still come', (queuedAt: number) => busy(queuedAt + 4 * SECOND)],
    ['whose queue has not been read at all yet is only queued', () => busy(null)],
  ])('%s', async (_what, queues) => {
    const queuedAt = ago(20 * SECOND);
    const found = await scan(await due({ queuedAt }), queues(queuedAt));
    expect(found).toMatchObject({ reason: null, scanned: 1 });
    expectInMs(found, 10 * SECOND);
  });

  test.each([
    ['time in the queue', { queueUntil: 1 }],
    ['total time', { totalUntil: 1 }],
  ])('whose %s is over is reported however long the queue is', async (_what, limit) => {
    const ticket = await due({ queuedAt: ago(20 * SECOND), ...limit });
    expect((await scan(ticket, busy(ago(30 * SECOND)))).reason).toBe('ticket');
  });

  test('is judged by its own queue', async () => {
    const ticket = await due({ queuedAt: ago(20 * SECOND), queue: 'slow' });
    const readings = [...busy(null, true), { queue: 'slow', readUntil: ago(30 * SECOND), empty: false }];
    expect((await scan(ticket, readings)).reason).toBeNull();
  });
});

test.each([
  ['a retry', { status: 'retrying', dueAt: 1 }],
  ['a sleep', { status: 'waiting', dueAt: 1 }],
  ['a list that was not continued', { status: 'running', queue: null }],
] as const)('%s that is due is reported as a timer', async (_what, fields) => {
  const found = await scan(await due(fields));
  expect(found.reason).toBe('timer');
  expectInMs(found, 5 * SECOND);
});

describe('a run', () => {
  const runs = async () => (await watch.dueRuns(100)).map(({ run, reason }) => ({ run, reason }));
  const insert = async (...starts: ReturnType<typeof newStart>[]) => new StartStore(db.database).insertRuns(starts);

  test('beyond its time, and one that ended without being announced, are reported once by two watchers, and again after 10 s', async () => {
    const overdue = newStart(newRun({ dueAt: ago(SECOND), watchAt: ago(SECOND) }), []);
    const ended = newStart(newRun({ status: 'failed', endedAt: 1, watchAt: ago(SECOND) }), []);
    const later = newStart(newRun({ watchAt: ahead(30 * SECOND) }), []);
    await insert(overdue, ended, later);
    const before = systemClock.now();
    const scans = await Promise.all([watch.dueRuns(10), new WatchStore(rival).dueRuns(10), watch.dueRuns(10)]);
    const after = systemClock.now();
    expect(new Map(scans.flat().map((each) => [each.run, each]))).toEqual(
      new Map([
        [overdue.run.id, { run: overdue.run.id, version: overdue.version, reason: 'overdue' }],
        [ended.run.id, { run: ended.run.id, version: ended.version, reason: 'unannounced' }],
      ]),
    );
    expect(scans.flat()).toHaveLength(2);
    const [row] = await db.query<{ at: number }>('select reprise.ms(watch_at) as at from reprise.run where id = $1', [
      overdue.run.id,
    ]);
    expectInMs({ before, after, nextAt: row?.at ?? 0 }, 10 * SECOND);
  });

  test('with a command that nobody has carried out for 5 s is reported; a fresh or finished one is not', async () => {
    const starts = [0, 1, 2].map(() => newStart(newRun(), []));
    await insert(...starts);
    const command = (index: number, age: number, applied: boolean) =>
      db.query(
        `insert into reprise.command (id, run_id, kind, payload, created_at, applied_at)
         values ($1, $2, 'cancel', '{}', now() - $3 * interval '1 second', case when $4 then now() end)`,
        [systemClock.uuidv7(), starts[index]?.run.id, age, applied],
      );
    await command(0, 6, false);
    await command(0, 7, false);
    // From the future, so that it stays fresh for as long as this takes.
    await command(1, -60, false);
    await command(2, 60, true);
    expect(await runs()).toEqual([{ run: starts[0]?.run.id, reason: 'command' }]);
  });
});
