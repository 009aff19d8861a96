import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClaimId, claimId, fence, type Outcome, toJsonText } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, TcpProxy, TestDatabase } from '@reprise/testing';
import { insertTasks, json, newRunId, shuffled } from '../../test/rows.js';
import { type Claimed, ClaimStore, classifyError, Database, type Ticket } from '../index.js';

const LEASE_MS = 15_000;
let db: TestDatabase;
let store: ClaimStore;
const opened: { close(): Promise<void> }[] = [];

const newClaim = (): ClaimId => claimId(systemClock.uuid());
const claim = async (tickets: readonly Ticket[]) =>
  (await store.claim(tickets, newClaim(), 'executor-1', LEASE_MS, 'default')).claimed;
const only = async (tickets: readonly Ticket[]): Promise<Claimed> => {
  const [claimed] = await claim(tickets);
  if (claimed === undefined) throw new Error('nothing was claimed');
  return claimed;
};

interface TaskFacts {
  readonly status: string;
  readonly fence: number;
  readonly claim: string | null;
  readonly recorded: string | null;
  /** From the claim on. */
  readonly lease_ms: number | null;
}
async function facts({ run, node, at }: Ticket): Promise<TaskFacts> {
  const [row] = await db.query<TaskFacts>(
    `select status, fence, claim, recorded, (extract(epoch from lease_until - started_at) * 1000)::float8 as lease_ms
     from reprise.task where run_id = $1 and node = $2 and at = $3`,
    [run, node, at],
  );
  if (row === undefined) throw new Error('no such task');
  return row;
}

async function lockWaits(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

/** Another process's view of the same ledger. */
async function another(url = db.url, poolSize = 2): Promise<Database> {
  const database = new Database({ url, applicationName: 'another', poolSize });
  await database.connect();
  opened.push(database);
  return database;
}

beforeAll(async () => {
  db = await TestDatabase.create();
  store = new ClaimStore(db.database);
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await db.end();
});

describe('a claim', () => {
  test('goes to one of two executors that race for the same 500 tickets; the loser gets nothing', async () => {
    const tickets = await insertTasks(db.database, 500);
    const rivals = [store, new ClaimStore(await another())];
    const chunks = (all: readonly Ticket[]) => Array.from({ length: 10 }, (_, index) => all.slice(index * 50, index * 50 + 50));
    const won = await Promise.all(
      rivals.map(async (rival, number) => {
        const batches = chunks(shuffled(tickets)).map((batch) =>
          rival.claim(batch, newClaim(), `executor-${number}`, LEASE_MS, 'default'),
        );
        return (await Promise.all(batches)).flatMap(({ claimed }) => claimed);
      }),
    );
    const winners = won.flat();
    expect(winners).toHaveLength(500);
    expect(new Set(winners.map((each) => each.run)).size).toBe(500);
    const rows = await db.query<{ run_id: string; fence: number; claim: string }>(
      'select run_id, fence, claim from reprise.task',
    );
    const rowOf = new Map(rows.map((row) => [row.run_id, row]));
    for (const each of winners) {
      expect(each.fence).toBe(2);
      expect(rowOf.get(each.run)).toEqual({ run_id: each.run, fence: 2, claim: each.claim });
    }
    expect(await claim(tickets)).toEqual([]);
  });

  test('does not fail when overlapping batches come in every order', async () => {
    const tickets = await insertTasks(db.database, 300);
    const rivals = [store, ...(await Promise.all([another(), another()])).map((database) => new ClaimStore(database))];
    const all = rivals.flatMap((rival) =>
      Array.from({ length: 12 }, (_, round) =>
        rival.claim(shuffled(tickets).slice(0, 10 + 20 * round), newClaim(), 'executor', LEASE_MS, 'default'),
      ),
    );
    const won = (await Promise.all(all)).flatMap(({ claimed }) => claimed);
    expect(new Set(won.map((each) => each.run)).size).toBe(won.length);
  });

  test('hands out everything the handler needs, and the lease as asked', async () => {
    const [ticket] = await insertTasks(db.database, 1, {
      input: json({ page: 7 }),
      secrets: json({ token: 1 }),
      totalUntil: 4e12,
    });
    const claimed = await only([ticket as Ticket]);
    expect(claimed).toMatchObject({ ...ticket, fence: 2, input: '{"page":7}', secrets: '{"token":1}', totalUntil: 4e12 });
    expect((await facts(claimed)).lease_ms).toBe(LEASE_MS);
  });

  test.each([0, 2, 3])('with fence %i of a task at fence 1 takes nothing', async (wrong) => {
    const [ticket] = await insertTasks(db.database, 1);
    expect(await claim([{ ...(ticket as Ticket), fence: fence(wrong) }])).toEqual([]);
    expect(await facts(ticket as Ticket)).toMatchObject({ status: 'ready', fence: 1, claim: null });
  });

  test.each([
    ['pending', {}],
    ['retrying', { dueAt: 1 }],
    ['waiting', { dueAt: 1 }],
    ['parked', {}],
    ['succeeded', { endedAt: 1 }],
    ['cancelled', { endedAt: 1 }],
  ] as const)('of a task that is %s takes nothing', async (status, fields) => {
    const tickets = await insertTasks(db.database, 1, { status, ...fields });
    expect(await claim(tickets)).toEqual([]);
  });

  test.each([{ queueUntil: 1 }, { totalUntil: 1 }])('of a ticket whose time is over takes nothing: %j', async (limit) => {
    expect(await claim(await insertTasks(db.database, 1, limit))).toEqual([]);
    expect(await claim(await insertTasks(db.database, 1, { queueUntil: 4e12, totalUntil: 4e12 }))).toHaveLength(1);
  });

  test('of a run that does not exist, and of no tickets at all, takes nothing', async () => {
    expect(await claim([{ run: newRunId(), node: 0, at: '', fence: fence(1) }])).toEqual([]);
    expect(await claim([])).toEqual([]);
  });

  test('asked for twice in one batch is one claim', async () => {
    const [ticket] = await insertTasks(db.database, 1);
    const newer = { ...(ticket as Ticket), fence: fence(3) };
    expect(await claim([ticket as Ticket, newer, ticket as Ticket])).toHaveLength(1);
  });

  test('whose commit got no answer is looked up, and not doubled', async () => {
    await using proxy = await TcpProxy.to(db.url);
    const far = new ClaimStore(await another(proxy.url));
    const mine = await insertTasks(db.database, 5);
    const theirs = await insertTasks(db.database, 3);
    await claim(theirs);
    const id = newClaim();
    proxy.halfOpen();
    const old = { ...(mine[0] as Ticket), fence: fence(0) };
    const claiming = far.claim([old, ...mine, ...theirs], id, 'far', LEASE_MS, 'default');
    await eventually(async () => (await facts(mine[4] as Ticket)).claim === id, { what: 'the claim to commit' });
    proxy.pass();
    proxy.cut();
    const { claimed } = await claiming;
    expect(claimed.map(({ run }) => run).sort()).toEqual(mine.map(({ run }) => run).sort());
    expect(claimed.every((each) => each.claim === id && each.fence === 2 && each.input === '{"page":1}')).toBe(true);
  });

  test('that is still under way when its link is cut is waited for, and found', async () => {
    await using proxy = await TcpProxy.to(db.url);
    const far = new ClaimStore(await another(proxy.url));
    const tickets = await insertTasks(db.database, 2);
    const id = newClaim();
    const answers: Promise<unknown>[] = [];
    await db.database.transaction(async (session) => {
      await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
      await session.run({ name: 'lock-last', text: 'select from reprise.task where run_id = $1 for update' }, [tickets[1]?.run]);
      let isAnswered = false;
      const claiming = far.claim(tickets, id, 'far', LEASE_MS, 'default').finally(() => {
        isAnswered = true;
      });
      answers.push(claiming.then(({ claimed }) => claimed.map(({ run }) => run), classifyError));
      await eventually(async () => (await lockWaits()) === 1, { what: 'the claim to wait for the last row' });
      proxy.cut();
      await eventually(async () => isAnswered || (await lockWaits()) === 2, { what: 'somebody to look for it' });
    });
    expect(await answers[0]).toEqual(tickets.map(({ run }) => run));
    expect(await facts(tickets[0] as Ticket)).toMatchObject({ status: 'running', claim: id });
  });

  test('that never reached the database fails as one to be tried again, and the tickets stay free', async () => {
    await using proxy = await TcpProxy.to(db.url);
    const far = new ClaimStore(await another(proxy.url, 1));
    const tickets = await insertTasks(db.database, 2);
    proxy.stall();
    const claiming = far.claim(tickets, newClaim(), 'far', LEASE_MS, 'default').catch(classifyError);
    proxy.cut();
    proxy.pass();
    expect(await claiming).toBe('unavailable');
    expect(await claim(tickets)).toHaveLength(2);
  });
});

describe('a renewal', () => {
  const done: Outcome = { kind: 'succeeded', output: json('first') };

  test('lengthens the lease and tells whether the attempt should stop', async () => {
    const [kept, cancelled] = await claim(await insertTasks(db.database, 2));
    await db.query('update reprise.task set cancelling = true where run_id = $1', [cancelled?.run]);
    const renewals = [kept as Claimed, cancelled as Claimed].map((each) => ({ ...each, outcome: null }));
    const answers = await store.renew(renewals, 60_000);
    expect(new Map(answers.map((answer) => [answer.address.run, answer.cancelling]))).toEqual(
      new Map([
        [kept?.run, false],
        [cancelled?.run, true],
      ]),
    );
    expect((await facts(kept as Claimed)).lease_ms).toBeGreaterThanOrEqual(60_000);
  });

  test('with a wrong fence, a wrong claim, or of a task that has moved on, gets no row and changes nothing', async () => {
    const [one, two, three, held] = await claim(await insertTasks(db.database, 4));
    await db.query(
      `update reprise.task set status = 'succeeded', claim = null, lease_until = null, ended_at = now() where run_id = $1`,
      [three?.run],
    );
    const wrong = [
      { ...(one as Claimed), fence: fence(1), outcome: done },
      { ...(two as Claimed), claim: newClaim(), outcome: done },
      { ...(three as Claimed), outcome: done },
    ];
    expect(await store.renew(wrong, 60_000)).toEqual([]);
    for (const each of [one, two, three]) expect((await facts(each as Claimed)).recorded).toBeNull();
    const answers = await store.renew([...wrong, { ...(held as Claimed), outcome: null }], 60_000);
    expect(answers.map(({ address }) => address.run)).toEqual([held?.run]);
  });

  test('keeps an outcome once: what is recorded is never written over', async () => {
    const claimed = await only(await insertTasks(db.database, 1));
    const later: Outcome = { kind: 'failed', error: { code: 'X', message: 'x' }, retryable: null, retryAfterMs: null };
    await store.renew([{ ...claimed, outcome: null }], LEASE_MS);
    expect((await facts(claimed)).recorded).toBeNull();
    await store.renew([{ ...claimed, outcome: done }], LEASE_MS);
    await store.renew([{ ...claimed, outcome: later }], LEASE_MS);
    await store.renew([{ ...claimed, outcome: null }], LEASE_MS);
    expect(JSON.parse((await facts(claimed)).recorded ?? '')).toEqual(done);
  });

  test('keeps what the handler has said of itself last; without news it stays', async () => {
    const claimed = await only(await insertTasks(db.database, 1));
    const said = async () => {
      const [row] = await db.query<{ heartbeat: unknown }>('select heartbeat::text from reprise.task where run_id = $1', [
        claimed.run,
      ]);
      return row?.heartbeat;
    };
    const beat = (done: number) => toJsonText({ fence: claimed.fence, at: 1, progress: { done } });
    await store.renew([{ ...claimed, outcome: null }], LEASE_MS);
    expect(await said()).toBeNull();
    await store.renew([{ ...claimed, outcome: null, heartbeat: beat(1) }], LEASE_MS);
    await store.renew([{ ...claimed, outcome: null, heartbeat: beat(2) }], LEASE_MS);
    await store.renew([{ ...claimed, outcome: null }], LEASE_MS);
    await store.renew([{ ...claimed, fence: fence(9), outcome: null, heartbeat: beat(3) }], LEASE_MS);
    expect(JSON.parse(String(await said()))).toMatchObject({ progress: { done: 2 } });
  });

  test('of many meets claims, renewals and cancels of the same rows without failing', async () => {
    const held = await claim(await insertTasks(db.database, 200));
    const rival = new ClaimStore(await another());
    const rounds = Array.from({ length: 8 }, (_, round) =>
      (round % 2 === 0 ? store : rival).renew(
        shuffled(held).map((each) => ({ ...each, outcome: null })),
        LEASE_MS,
      ),
    );
    for (const answers of await Promise.all(rounds)) expect(answers).toHaveLength(200);
  });
});
