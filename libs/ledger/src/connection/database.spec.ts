import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, TcpProxy, TestDatabase } from '@reprise/testing';
import { insertTasks, json, newRun, newStart, newTask } from '../../test/rows.js';
import { AdvanceStore, Database, type Session, StartStore, type Statement } from '../index.js';

let db: TestDatabase;
const opened: Database[] = [];

async function another(url = db.url, poolSize = 2): Promise<Database> {
  const database = new Database({ url, applicationName: 'another', poolSize });
  await database.connect();
  opened.push(database);
  return database;
}

/** Statements only this test knows. */
const sql = (text: string): Statement => ({ name: text.slice(0, 60), text });
const put = (session: Session, name: string) =>
  session.run(sql(`insert into reprise.setting (name, value) values ($1, '1')`), [name]);
const write = (session: Session, name: string) =>
  session.write(sql(`insert into reprise.setting (name, value) values ($1, '1')`), [name]);
const has = async (name: string) => (await db.query('select from reprise.setting where name = $1', [name])).length > 0;
const lock = (session: Session, name: string) =>
  session.run(sql('select from reprise.setting where name = $1 for update'), [name]);

/** However slow the machine: who holds a lock has to be seen holding it by those whom it holds up. */
const takeTime = (session: Session) => session.run(sql('set local idle_in_transaction_session_timeout = 0'), []);

beforeAll(async () => {
  db = await TestDatabase.create(8);
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await db.end();
});

describe('a transaction', () => {
  test('that throws leaves nothing and hands its connection back clean', async () => {
    const single = await another(db.url, 1);
    const failing = single.transaction(async (session) => {
      await put(session, 'half');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await single.transaction((session) => put(session, 'whole'));
    expect([await has('half'), await has('whole')]).toEqual([false, true]);
  });

  test('that is the victim of a deadlock is run again, whole', async () => {
    await put(db.database, 'a');
    await put(db.database, 'b');
    const works = { forth: 0, back: 0 };
    const both = (first: string, second: string, way: keyof typeof works) =>
      db.database.transaction(async (session) => {
        await takeTime(session);
        await lock(session, first);
        works[way] += 1;
        // The other one has its first lock too: from here on there is no way out.
        if (works.forth + works.back <= 2) await eventually(() => works.forth > 0 && works.back > 0, { what: 'both to begin' });
        await lock(session, second);
      });
    await Promise.all([both('a', 'b', 'forth'), both('b', 'a', 'back')]);
    // Three, unless the one that is run again meets the other once more.
    expect(works.forth + works.back).toBeGreaterThanOrEqual(3);
  });

  test('whose connection is ended between two statements fails alone: the process and the pool live on', async () => {
    const database = await another(db.url, 1);
    const failing = database.transaction(async (session) => {
      const [row] = await session.run<{ pid: number }>(sql('select pg_backend_pid() as pid'), []);
      await put(session, 'ended');
      await db.query('select pg_terminate_backend($1)', [row?.pid]);
      // The end must have arrived before the next statement is sent.
      await eventually(async () => (await db.query('select from pg_stat_activity where pid = $1', [row?.pid])).length === 0, {
        what: 'the connection to end',
      });
      await new Promise((resolve) => setImmediate(resolve));
      await put(session, 'ended too');
    });
    await expect(failing).rejects.toThrow();
    await database.ping();
    expect([await has('ended'), await has('ended too')]).toEqual([false, false]);
  });

  test('sends what it writes without waiting for answers, in order', async () => {
    await db.database.transaction(async (session) => {
      await write(session, 'w1');
      await session.write(sql(`update reprise.setting set value = '2' where name = $1`), ['w1']);
      const seen = session.run(sql('select value from reprise.setting where name = $1'), ['w1']);
      await write(session, 'w2');
      expect(await seen).toEqual([{ value: 2 }]);
    });
    expect([await has('w1'), await has('w2')]).toEqual([true, true]);
  });

  test.each([
    ['nothing comes after it', async () => {}],
    ['others are written after it', async (session: Session) => write(session, 'after it')],
    ['something is read after it', async (session: Session) => void (await lock(session, 'after it'))],
  ])('fails with what it failed to write, though %s, and hands its connection back clean', async (_what, then) => {
    const single = await another(db.url, 1);
    await put(db.database, `taken ${_what}`);
    const failing = single.transaction(async (session) => {
      await write(session, `half ${_what}`);
      await write(session, `taken ${_what}`);
      await then(session);
    });
    await expect(failing).rejects.toThrow('duplicate key');
    await single.transaction((session) => write(session, `whole ${_what}`));
    expect([await has(`half ${_what}`), await has('after it'), await has(`whole ${_what}`)]).toEqual([false, false, true]);
  });

  test('of which the driver could not send a statement commits nothing of the rest', async () => {
    const unsendable = {
      toPostgres: () => {
        throw new Error('no such text');
      },
    };
    const failing = db.database.transaction(async (session) => {
      await write(session, 'before the unsendable');
      await session.write(sql(`update reprise.setting set value = $1::json where name = 'x'`), [unsendable]);
    });
    await expect(failing).rejects.toThrow('no such text');
    expect(await has('before the unsendable')).toBe(false);
    // The driver has closed the statement with the server, and would not prepare it again on that connection.
    const single = await another(db.url, 1);
    const named = { name: 'put-by-name', text: `insert into reprise.setting (name, value) values ($1, '1')` };
    const again = (name: string) =>
      single.transaction(async (session) => {
        await session.write(named, [name === 'unsendable' ? unsendable : name]);
      });
    await again('sent before');
    await expect(again('unsendable')).rejects.toThrow('no such text');
    await again('sent after');
    expect(await has('sent after')).toBe(true);
  });

  test('that has hidden a failure from itself is not taken for committed', async () => {
    const failing = db.database.transaction(async (session) => {
      await put(session, 'hidden');
      await session.run(sql('select 1 / 0'), []).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('the server answered ROLLBACK');
    expect(await has('hidden')).toBe(false);
  });

  test('whose write is the victim of a deadlock is run again, whole', async () => {
    await put(db.database, 'c');
    await put(db.database, 'd');
    const works = { forth: 0, back: 0 };
    const both = (first: string, second: string, way: keyof typeof works) =>
      db.database.transaction(async (session) => {
        await takeTime(session);
        await lock(session, first);
        works[way] += 1;
        if (works.forth + works.back <= 2) await eventually(() => works.forth > 0 && works.back > 0, { what: 'both to begin' });
        await session.write(sql('select from reprise.setting where name = $1 for update'), [second]);
      });
    await Promise.all([both('c', 'd', 'forth'), both('d', 'c', 'back')]);
    // Three, unless the one that is run again meets the other once more.
    expect(works.forth + works.back).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['happened counts as happened', true, put],
    ['did not happen is an error', false, put],
    ['happened with all that was on its way counts as happened', true, write],
    ['did not happen, nor what was on its way, is an error', false, write],
  ])('whose commit got no answer and %s', async (_what, arrives, add) => {
    await using proxy = await TcpProxy.to(db.url);
    const database = await another(proxy.url);
    const name = `commit ${_what}`;
    const committing = database.transaction(async (session) => {
      await session.run(sql('select 1 as one'), []);
      if (add === put) await put(session, name);
      if (arrives) proxy.halfOpen();
      else proxy.stall();
      if (add === write) await write(session, name);
      return 'done';
    });
    const outcome = committing.then(
      (result) => result,
      () => 'failed',
    );
    await eventually(() => (arrives ? has(name) : proxy.isHolding), { what: 'the commit to be on its way' });
    proxy.cut();
    proxy.pass();
    expect([await outcome, await has(name)]).toEqual(arrives ? ['done', true] : ['failed', false]);
  });
});

/** Who has waited this long for a lock looks whether it is in a deadlock, and dies of it. Only a superuser may say how long. */
const patience = (seconds: number) =>
  sql(`select case when current_setting('is_superuser') = 'on' then set_config('deadlock_timeout', '${seconds}s', false) end`);

test('a single statement that is the victim of a deadlock is run again', async () => {
  // Deadlocks are counted some seconds late: those of another test must not be taken for ours.
  await using own = await TestDatabase.create(1);
  const victim = await another(own.url, 1);
  const holder = await another(own.url, 1);
  for (const name of ['x', 'y']) await put(own.database, name);
  // The holder's lock may be asked for late on a busy machine; whoever looks first must see the deadlock, and be the statement.
  await victim.run(patience(3), []);
  await holder.run(patience(60), []);
  let updating: Promise<unknown> = Promise.resolve();
  let works = 0;
  await holder.transaction(async (session) => {
    works += 1;
    await takeTime(session);
    await lock(session, 'y');
    // In key order, so it holds x and waits for y.
    updating = victim.run(
      sql(
        `update reprise.setting set value = '2' where name in (select name from reprise.setting where name in ('x', 'y') order by name for update)`,
      ),
      [],
    );
    updating.catch(() => undefined);
    await eventually(
      async () =>
        (await own.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
          .length === 1,
      { what: 'the statement to wait' },
    );
    await lock(session, 'x');
  });
  await updating;
  expect(works).toBe(1);
  expect(await own.query(`select value from reprise.setting where name = any('{x,y}')`)).toEqual([{ value: 2 }, { value: 2 }]);
  await eventually(
    async () =>
      expect(await own.query('select deadlocks::int as n from pg_stat_database where datname = current_database()')).toEqual([
        { n: 1 },
      ]),
    { what: 'the deadlock to be counted' },
  );
});

test('the dead hold no locks, and no plan is kept that was made from nothing', async () => {
  const settings = [
    'idle_in_transaction_session_timeout',
    'statement_timeout',
    'lock_timeout',
    'plan_cache_mode',
    'search_path',
    'jit',
  ];
  const rows = await db.query<{ name: string; setting: string }>(
    'select name, current_setting(name) as setting from unnest($1::text[]) as s (name)',
    [settings],
  );
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    idle_in_transaction_session_timeout: '5s',
    statement_timeout: '30s',
    lock_timeout: '10s',
    plan_cache_mode: 'force_custom_plan',
    search_path: 'reprise',
    jit: 'off',
  });
});

test('JSON comes out as the text that went in; fences are exact numbers', async () => {
  const input = '{ "b":1, "a":12345678901234567890, "a" : 1e2 }' as ReturnType<typeof json>;
  const fence = 2 ** 52 + 1;
  const run = newRun({ id: runId(systemClock.uuidv7()), input });
  await new StartStore(db.database).insertRuns([
    newStart(run, [newTask({ fence: fence as ReturnType<typeof newTask>['fence'] })]),
  ]);
  const loaded = await db.database.transaction(async (session) => {
    const store = new AdvanceStore(session);
    return [await store.loadInput(run.id), (await store.lockTasks([{ run: run.id, node: 0, at: '' }]))[0]?.task.fence];
  });
  expect(loaded).toEqual([input, fence]);
});

test('a database that is away is an error of the statement, and the next one finds it again', async () => {
  await using proxy = await TcpProxy.to(db.url);
  const database = await another(proxy.url);
  await database.ping();
  proxy.drop();
  await expect(database.ping()).rejects.toThrow();
  proxy.pass();
  await database.ping();
  await insertTasks(database, 1);
});
