import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimId, fence, type RunId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { json, newRun, newStart, newTask, shuffled } from '../../test/rows.js';
import { AdvanceStore, CommandStore, type ItemRow, type OpenCommand, type Session, StartStore } from '../index.js';

const CONNECTIONS = 12;
let db: TestDatabase;

const advance = <Result>(work: (store: AdvanceStore, session: Session) => Promise<Result>): Promise<Result> =>
  db.database.transaction((session) => work(new AdvanceStore(session), session));

async function startRuns(count: number): Promise<readonly RunId[]> {
  const starts = Array.from({ length: count }, () => newStart(newRun(), [newTask(), newTask({ node: 1 })]));
  await new StartStore(db.database).insertRuns(starts);
  return starts.map(({ run }) => run.id);
}
async function startRun(): Promise<RunId> {
  const [id] = await startRuns(1);
  return id as RunId;
}

/** Waits until so many sessions of this database wait for a lock. */
const waiting = (count: number) =>
  eventually(
    async () => {
      const rows = await db.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      expect(rows).toHaveLength(count);
    },
    { what: `${count} sessions to wait for a lock` },
  );

/** A holder that is not let go would hold up the end of the test as well. */
const failAfter = (finish: () => Promise<void>) => async (error: unknown) => {
  await finish();
  throw error;
};

/** A transaction that has done its first half and waits to be let go on with the second. */
async function halfway(first: (store: AdvanceStore) => Promise<void>, second: (store: AdvanceStore) => Promise<void>) {
  let go = (): void => undefined;
  let arrive = (): void => undefined;
  const mayGo = new Promise<void>((resolve) => {
    go = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const done = advance(async (store, session) => {
    // However slow the machine: whom it holds up has to be seen waiting first.
    await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
    await first(store);
    arrive();
    await mayGo;
    await second(store);
  });
  await Promise.race([arrived, done]);
  return {
    finish: (): Promise<void> => {
      go();
      return done;
    },
  };
}

beforeAll(async () => {
  db = await TestDatabase.create(CONNECTIONS);
});
afterAll(() => db.end());

describe('locks', () => {
  test('of overlapping batches are taken in one order: none of them is ever run again for a deadlock', async () => {
    const ids = await startRuns(40);
    let works = 0;
    const batch = (index: number) =>
      advance(async (store) => {
        works += 1;
        const mine = shuffled(ids).slice(0, 25);
        const { runs } = await store.lockRuns(index % 2 === 0 ? mine : mine.reverse());
        const addresses = runs.flatMap(({ run }) => [
          { run: run.id, node: 1, at: '' },
          { run: run.id, node: 0, at: '' },
        ]);
        const tasks = await store.lockTasks(shuffled(addresses));
        await store.updateRuns(runs.map(({ run }) => run));
        await store.writeTasks(tasks.map(({ run, task }) => ({ run: run as RunId, task })));
        return [runs.length, tasks.length];
      });
    // As many at a time as there are connections: waiting for a connection has a limit of its own.
    const lanes = Array.from({ length: CONNECTIONS }, async (_, lane) => {
      for (let index = 0; index < 4; index += 1) expect(await batch(lane + index)).toEqual([25, 50]);
    });
    await Promise.all(lanes);
    expect(works).toBe(4 * CONNECTIONS);
  });

  test('`now` is the time once they are held, not when they were asked for', async () => {
    const [first, second] = (await startRuns(2)).slice().sort() as [RunId, RunId];
    for (const held of [first, second]) {
      const holder = await halfway(
        async (store) => void (await store.lockRuns([held])),
        async () => undefined,
      );
      const late = advance((store) => store.lockRuns([first, second]));
      await waiting(1).catch(failAfter(holder.finish));
      const [{ now }] = (await db.query('select reprise.ms(clock_timestamp()) as now')) as [{ now: number }];
      await holder.finish();
      expect((await late).now).toBeGreaterThanOrEqual(now);
    }
  });

  test('one who waited sees what the other has written', async () => {
    const id = await startRun();
    const address = { run: id, node: 0, at: '' };
    const writer = await halfway(
      async (store) => {
        const { runs } = await store.lockRuns([id]);
        await store.updateRuns(runs.map(({ run }) => ({ ...run, dueAt: 5e12 })));
      },
      async (store) => {
        const [locked] = await store.lockTasks([address]);
        if (locked !== undefined) await store.writeTasks([{ run: id, task: { ...locked.task, fence: fence(8) } }]);
      },
    );
    const reading = advance(async (store) => {
      const { runs } = await store.lockRuns([id]);
      return [runs[0]?.run.dueAt, (await store.lockTasks([address]))[0]?.task.fence];
    });
    await waiting(1).catch(failAfter(writer.finish));
    await writer.finish();
    expect(await reading).toEqual([5e12, 8]);
  });

  test('of what does not exist are no rows', async () => {
    const id = await startRun();
    expect(await advance((store) => store.lockTasks([{ run: id, node: 7, at: '' }]))).toEqual([]);
    expect(await advance((store) => store.lockTasks([{ run: id, node: 0, at: '3' }]))).toEqual([]);
    expect((await advance((store) => store.lockRuns(['00000000-0000-7000-8000-000000000000' as RunId]))).runs).toEqual([]);
  });

  test('the open rows of a run are those that have not ended, in the order of their keys', async () => {
    const id = await startRun();
    await advance((store) =>
      store.writeTasks([
        { run: id, task: newTask({ node: 1, status: 'succeeded', endedAt: 1 }) },
        { run: id, task: newTask({ node: 2, at: '10', status: 'parked' }) },
        { run: id, task: newTask({ node: 2, at: '2', status: 'retrying', dueAt: 1 }) },
      ]),
    );
    const open = await advance((store) => store.lockOpenTasks(id));
    expect(open.map(({ node, at }) => [node, at])).toEqual([
      [0, ''],
      [2, '10'],
      [2, '2'],
    ]);
  });
});

describe('writing tasks', () => {
  test('keeps what a row has of input, secrets and output; the rest becomes what it is now', async () => {
    const run = newRun();
    const first = newTask({ input: json({ a: 1 }), secrets: json({ s: 1 }), output: json({ o: 1 }) });
    await new StartStore(db.database).insertRuns([newStart(run, [first])]);
    const changed = {
      ...newTask({ input: 'stored', output: 'stored', status: 'running', attempt: 3, fence: fence(2 ** 40), createdAt: 1 }),
      claim: claimId(systemClock.uuid()),
      executor: 'executor-9',
      leaseUntil: 4e12,
      queuedAt: 2e12,
      startedAt: 2e12 + 1,
      watchAt: null,
      queueUntil: 3e12,
      totalUntil: 3e12 + 1,
      cancelling: true,
      error: { code: 'X', message: 'x' },
      why: { reason: 'first' },
      memory: { failures: 1, lost: 0, holds: 0, rules: {}, firstStartedAt: 1, lastDelayMs: null },
      progress: { kind: 'list', total: 3, next: 1, done: 0, failed: 0, closing: null, error: null },
      recorded: { kind: 'cancelled' },
    } as const;
    await advance((store) => store.writeTasks([{ run: run.id, task: changed }]));
    const [row] = await db.query('select input, secrets, output from reprise.task where run_id = $1', [run.id]);
    expect(row).toEqual({ input: '{"a":1}', secrets: '{"s":1}', output: '{"o":1}' });
    const [loaded] = await advance((store) => store.lockTasks([{ run: run.id, node: 0, at: '' }]));
    expect(loaded?.task).toEqual({ ...changed, createdAt: first.createdAt, output: '{"o":1}' });
  });

  test('an ended row that begins anew has nothing of what it had, but a list its list', async () => {
    const run = newRun();
    const ended = {
      status: 'failed',
      endedAt: 5,
      input: json({ a: 1 }),
      secrets: json({ s: 1 }),
      idempotencyKey: 'old',
    } as const;
    const list = newTask({ ...ended, node: 1, input: json([1, 2]), secrets: null, idempotencyKey: null });
    await new StartStore(db.database).insertRuns([newStart(run, [newTask({ ...ended, output: json(1) }), list])]);
    const again = newTask({ input: json({ a: 2 }), idempotencyKey: 'new', fence: fence(9), attempt: 4 });
    const reopened = { ...list, status: 'running', endedAt: null, input: 'stored', fence: fence(9) } as const;
    const write = (task: typeof again) => advance((store) => store.writeTasks([{ run: run.id, task }]));
    await write(again);
    await write(reopened);
    const read = () =>
      db.query('select input, secrets, output, idempotency_key, attempt from reprise.task where run_id = $1 order by node', [
        run.id,
      ]);
    expect(await read()).toEqual([
      { input: '{"a":2}', secrets: null, output: null, idempotency_key: 'new', attempt: 4 },
      { input: '[1,2]', secrets: null, output: null, idempotency_key: null, attempt: 1 },
    ]);
    // From then on it is a row like any other.
    await write({ ...again, input: 'stored', output: json(7), idempotencyKey: 'new' });
    expect((await read())[0]).toMatchObject({ input: '{"a":2}', output: '7' });
  });

  test('an output comes along while it is small, and is fetched by name when it is large', async () => {
    const run = newRun({ input: json('i'.repeat(100_000)) });
    const large = json(Array.from({ length: 2_000 }, () => systemClock.uuid()));
    await new StartStore(db.database).insertRuns([newStart(run, [newTask({ output: large })])]);
    const address = { run: run.id, node: 0, at: '' };
    const loaded = await advance(async (store) => ({
      task: (await store.lockTasks([address]))[0]?.task.output,
      output: await store.loadOutput(address),
      input: await store.loadInput(run.id),
      absent: await store.loadOutput({ ...address, node: 5 }),
    }));
    expect(loaded).toEqual({ task: 'stored', output: large, input: run.input, absent: null });
  });
});

const atsOf = (items: readonly ItemRow[] | { readonly bytes: number }) =>
  'bytes' in items ? items : items.map(({ at }) => at).sort();

describe('lists', () => {
  test('are loaded slice by slice, in order', async () => {
    const run = newRun();
    const values = Array.from({ length: 250 }, (_, index) => ({ index }));
    await new StartStore(db.database).insertRuns([newStart(run, [newTask({ status: 'running', input: json(values) })])]);
    const address = { run: run.id, node: 0, at: '' };
    const slices: unknown[][] = [];
    for (const from of [0, 100, 200, 300]) slices.push([...(await advance((store) => store.loadSlice(address, from, 100)))]);
    expect(slices.flat()).toEqual(values);
    expect(slices.map((slice) => slice.length)).toEqual([100, 100, 50, 0]);
  });

  test('give the results of their own ended items, or how large those are together', async () => {
    const run = newRun();
    const item = (at: string, ended = true) =>
      newTask({ node: 3, at, output: json(at), ...(ended ? { status: 'succeeded', endedAt: 1 } : {}) } as const);
    const ats = ['1', '1.0', '1.1', '1.2', '10.0', '1.0.0', '2.0', '11'];
    await new StartStore(db.database).insertRuns([
      newStart(
        run,
        ats.map((at) => item(at, at !== '1.2')),
      ),
    ]);
    const list = { run: run.id, node: 3, at: '1' };
    const items = await advance((store) => store.loadItems(list, 1_000));
    expect(items).toHaveLength(2);
    expect(atsOf(items)).toEqual(['1.0', '1.1']);
    expect(await advance((store) => store.loadItems(list, 10))).toEqual({ bytes: 15 });
    const outer = await advance((store) => store.loadItems({ ...list, at: '' }, 1_000));
    expect(atsOf(outer)).toEqual(['1', '11']);
  });
});

describe('commands', () => {
  test('are taken once, oldest first, also by two schedulers at the same time', async () => {
    const run = await startRun();
    const other = await startRun();
    const commands = new CommandStore(db.database);
    const ids = [systemClock.uuidv7(), systemClock.uuidv7()];
    for (const id of ids) await commands.insert({ id, run, kind: 'cancel', payload: { reason: 'r' }, askedBy: 'ops' });
    await commands.insert({ id: systemClock.uuidv7(), run: other, kind: 'cancel', payload: {}, askedBy: null });
    let taken: readonly OpenCommand[] = [];
    const first = await halfway(
      async (store) => {
        taken = await store.takeCommands([run]);
      },
      (store) => store.finishCommands(taken.map(({ id }) => ({ id, result: 'applied' }))),
    );
    const meanwhile = await advance((store) => store.takeCommands([run])).finally(first.finish);
    expect(meanwhile).toEqual([]);
    expect(taken.map(({ id }) => id)).toEqual(ids);
    expect(taken[0]).toEqual({ id: ids[0], run, kind: 'cancel', payload: { reason: 'r' }, askedBy: 'ops' });
    expect(await advance((store) => store.takeCommands([run]))).toEqual([]);
    expect(await advance((store) => store.takeCommands([run, other]))).toHaveLength(1);
  });

  test('taken by a transaction that is rolled back are there for the next', async () => {
    const run = await startRun();
    const id = systemClock.uuidv7();
    await new CommandStore(db.database).insert({ id, run, kind: 'cancel', payload: {}, askedBy: null });
    const failing = advance(async (store) => {
      await store.finishCommands((await store.takeCommands([run])).map((each) => ({ id: each.id, result: 'applied' })));
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect((await advance((store) => store.takeCommands([run]))).map((each) => each.id)).toEqual([id]);
  });
});

describe('announcements', () => {
  test('are noted for runs that have ended, and end their watch; a run that goes on is left alone', async () => {
    const open = newRun({ watchAt: 4e12 });
    const ended = newRun({ status: 'succeeded', endedAt: 1, watchAt: 4e12 });
    await new StartStore(db.database).insertRuns([open, ended].map((run) => newStart(run, [])));
    await advance((store) => store.markAnnounced([ended.id, open.id]));
    const rows = await db.query<{ id: RunId }>(
      'select id, announced, watch_at is not null as watched from reprise.run where id = any($1)',
      [[open.id, ended.id]],
    );
    expect(new Map(rows.map((row) => [row.id, row]))).toEqual(
      new Map([
        [open.id, { id: open.id, announced: true, watched: true }],
        [ended.id, { id: ended.id, announced: true, watched: false }],
      ]),
    );
  });
});

test('an attempt that is kept twice is kept once', async () => {
  const run = await startRun();
  const record = {
    node: 0,
    at: '',
    attempt: 1,
    fence: fence(2),
    outcome: 'failed',
    executor: 'e',
    queuedAt: 1,
    startedAt: 2,
  } as const;
  const write = { run, record: { ...record, endedAt: 3, error: { code: 'X', message: 'x' }, why: null, verdict: null } };
  await advance((store) => store.insertAttempts([write]));
  await advance((store) => store.insertAttempts([write, { run, record: { ...write.record, attempt: 2, fence: fence(4) } }]));
  expect(await db.query('select attempt from reprise.attempt where run_id = $1 order by fence', [run])).toEqual([
    { attempt: 1 },
    { attempt: 2 },
  ]);
});
