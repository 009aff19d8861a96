import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClaimId, claimId, type JsonText, type TaskState } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, TcpProxy, TestDatabase } from '@reprise/testing';
import { insertTasks, json, newRunId } from '../../test/rows.js';
import { takeKeys } from '../attempts/call-keys.js';
import { AdvanceStore, type Claimed, ClaimStore, Database, type KeyedTicket, type KeyVerdict } from '../index.js';

const WEEK_MS = 7 * 24 * 3_600_000;
const CALL = 'payments.charge';
let db: TestDatabase;
let store: ClaimStore;

const newClaim = (): ClaimId => claimId(systemClock.uuid());
const newKey = (): string => `order-${systemClock.uuid()}`;
const fingerprint = (input: JsonText): string => `fingerprint of ${input}`;

async function ticket(key: string, fields: Partial<TaskState> = {}, call = CALL): Promise<KeyedTicket> {
  const [made] = await insertTasks(db.database, 1, { idempotencyKey: key, ...fields });
  if (made === undefined) throw new Error('no ticket');
  return { ...made, call };
}

async function pausedTicket(key: string): Promise<KeyedTicket> {
  const made = await ticket(key);
  await db.query(`update reprise.run set status = 'paused' where id = $1`, [made.run]);
  return made;
}

const claim = (tickets: readonly KeyedTicket[], by = store, id = newClaim()) =>
  by.claimKeyed(tickets, id, 'executor-1', 15_000, fingerprint, 'default');

/** What the key said to one ticket. */
async function verdict(of: KeyedTicket): Promise<KeyVerdict['kind'] | 'nothing'> {
  const { claimed, inProgress } = await claim([of]);
  return claimed[0]?.verdict.kind ?? (inProgress.length > 0 ? 'in-progress' : 'nothing');
}

/** Ends an owner as the scheduler does: its row and its key in one transaction. */
async function end(of: KeyedTicket, key: string, succeeded: boolean, retentionMs = WEEK_MS): Promise<void> {
  await db.database.transaction(async (session) => {
    const advance = new AdvanceStore(session);
    const [locked] = await advance.lockTasks([of]);
    if (locked === undefined) throw new Error('no such task');
    const ended: TaskState = {
      ...locked.task,
      status: succeeded ? 'succeeded' : 'failed',
      claim: null,
      leaseUntil: null,
      watchAt: null,
      endedAt: systemClock.now(),
      output: succeeded ? json({ receipt: 42 }) : null,
    };
    await advance.writeTasks([{ run: of.run, task: ended }]);
    const output = succeeded ? json({ receipt: 42 }) : null;
    await advance.settleKeys([{ ...of, call: CALL, key, output, succeeded, retentionMs }]);
  });
}

beforeAll(async () => {
  db = await TestDatabase.create(20);
  store = new ClaimStore(db.database);
});
afterAll(() => db.end());

describe('a business key', () => {
  test('is owned by the first; while it is at work nobody else claims, and their tickets stay as they were', async () => {
    const key = newKey();
    const [first, second] = [await ticket(key), await ticket(key)];
    expect(await verdict(first)).toBe('owned');
    const { claimed, inProgress } = await claim([second]);
    expect([claimed, inProgress.map(({ run }) => run)]).toEqual([[], [second.run]]);
    expect(await db.query('select status, fence::int from reprise.task where run_id = $1', [second.run])).toEqual([
      { status: 'ready', fence: 1 },
    ]);
  });

  test('of 20 that ask at the same time has exactly one owner', async () => {
    const key = newKey();
    const tickets = await Promise.all(Array.from({ length: 20 }, () => ticket(key)));
    const answers = await Promise.all(tickets.map((each) => claim([each])));
    const owners = answers.flatMap(({ claimed }) => claimed.map(({ verdict: { kind } }) => kind));
    expect(owners).toEqual(['owned']);
    expect(answers.flatMap(({ inProgress }) => inProgress)).toHaveLength(19);
  });

  test('of several tickets in one batch has one owner', async () => {
    const key = newKey();
    const tickets = await Promise.all(Array.from({ length: 5 }, () => ticket(key)));
    const { claimed, inProgress } = await claim(tickets);
    expect([claimed.length, inProgress.length]).toEqual([1, 4]);
  });

  test('answers whoever comes after a success, with the owner’s own result', async () => {
    const key = newKey();
    const owner = await ticket(key);
    await claim([owner]);
    await end(owner, key, true);
    const { claimed } = await claim([await ticket(key)]);
    expect(claimed.map((each) => each.verdict)).toEqual([
      { kind: 'answered', output: '{"receipt":42}', owner: { run: owner.run, node: owner.node, at: owner.at } },
    ]);
  });

  test('with another input is a conflict, while the owner works and after its success', async () => {
    const key = newKey();
    const owner = await ticket(key);
    await claim([owner]);
    const other = () => ticket(key, { input: json({ page: 2 }) });
    const { claimed } = await claim([await other()]);
    expect(claimed.map((each) => each.verdict)).toEqual([{ kind: 'conflict', owner: owner.run }]);
    await end(owner, key, true);
    expect(await verdict(await other())).toBe('conflict');
  });

  test('is another key under another call', async () => {
    const key = newKey();
    expect(await verdict(await ticket(key))).toBe('owned');
    expect(await verdict(await ticket(key, {}, 'payments.refund'))).toBe('owned');
  });

  test('goes to the next after a failure, also with another input', async () => {
    const key = newKey();
    const owner = await ticket(key);
    await claim([owner]);
    await end(owner, key, false);
    expect(await verdict(await ticket(key, { input: json({ page: 2 }) }))).toBe('owned');
  });

  test('stays its owner’s through retries: the owner claims again under the next fence', async () => {
    const key = newKey();
    const owner = await ticket(key);
    const { claimed } = await claim([owner]);
    const next = claimed[0]?.claimed.fence ?? owner.fence;
    await db.query(`update reprise.task set status = 'ready', claim = null, lease_until = null where run_id = $1`, [owner.run]);
    expect(await verdict(await ticket(key))).toBe('in-progress');
    expect(await verdict({ ...owner, fence: next })).toBe('owned');
  });

  test('whose owner ended without settling it, or is gone, is taken over', async () => {
    const [ended, gone] = [newKey(), newKey()];
    const owners = [await ticket(ended), await ticket(gone)] as const;
    await claim(owners);
    await db.query(
      `update reprise.task set status = 'failed', claim = null, lease_until = null, ended_at = now() where run_id = $1`,
      [owners[0].run],
    );
    await db.query('delete from reprise.task where run_id = $1', [owners[1].run]);
    expect(await verdict(await ticket(ended))).toBe('owned');
    expect(await verdict(await ticket(gone, { input: json({ page: 2 }) }))).toBe('owned');
  });

  test('is free again when its retention is over, also for another input', async () => {
    const key = newKey();
    const owner = await ticket(key);
    await claim([owner]);
    await end(owner, key, true, -1);
    expect(await verdict(await ticket(key, { input: json({ page: 2 }) }))).toBe('owned');
  });

  test('is not settled by anybody but its owner', async () => {
    const key = newKey();
    const owner = await ticket(key);
    await claim([owner]);
    const stranger = { ...owner, run: newRunId(), call: CALL, key, output: json('stolen'), retentionMs: WEEK_MS };
    await db.database.transaction(async (session) => {
      await new AdvanceStore(session).settleKeys([{ ...stranger, succeeded: true }]);
      await new AdvanceStore(session).settleKeys([{ ...stranger, succeeded: false }]);
    });
    expect(await verdict(await ticket(key))).toBe('in-progress');
  });

  test('that somebody newer has taken meanwhile is theirs, whoever had been waiting for another key since before', async () => {
    const [awaited, wanted] = [newKey(), newKey()].sort() as [string, string];
    const late = [await ticket(awaited), await ticket(wanted)] as const;
    let waiting: ReturnType<typeof claim> | undefined;
    const undone = db.database.transaction(async (session) => {
      const holder = { ...late[0], run: newRunId(), key: awaited, fingerprint: 'f' };
      await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
      await takeKeys(session, [holder]);
      waiting = claim(late);
      await eventually(async () => (await lockWaits()) === 1, { what: 'a claim that waits for the first key' });
      // Neither its task nor its key were there when the one that waits began.
      expect(await verdict(await ticket(wanted))).toBe('owned');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const { claimed, inProgress } = await waiting!;
    expect([claimed.map((each) => each.claimed.run), inProgress.map(({ run }) => run)]).toEqual([[late[0].run], [late[1].run]]);
  });

  test('claims nothing for a ticket whose task has moved on, and takes no key for it', async () => {
    const key = newKey();
    const moved = await ticket(key, { status: 'succeeded', endedAt: 1 });
    expect(await verdict(moved)).toBe('nothing');
    expect(await verdict(await ticket(key))).toBe('owned');
  });

  test.each([
    ['whose run is paused', pausedTicket],
    ['whose time is over', (key: string) => ticket(key, { queueUntil: 1 })],
  ])('is not taken for an attempt that does not begin, %s: it is free, for others of the same batch too', async (_, make) => {
    const key = newKey();
    const [first, second] = [await make(key), await make(key)];
    expect(await verdict(first)).toBe('nothing');
    expect(await db.query('select run_id from reprise.idempotency where key = $1', [key])).toEqual([]);
    const other = await ticket(key);
    const { claimed, inProgress } = await claim([first, second, other]);
    expect([claimed.map((each) => [each.claimed.run, each.verdict.kind]), inProgress]).toEqual([[[other.run, 'owned']], []]);
  });

  test('claim whose commit got no answer is looked up: the owner owns, who must wait waits', async () => {
    await using proxy = await TcpProxy.to(db.url);
    const database = new Database({ url: proxy.url, applicationName: 'far', poolSize: 2 });
    await database.connect();
    try {
      const [taken, free, answered] = [newKey(), newKey(), newKey()];
      const before = [await ticket(taken), await ticket(answered)] as const;
      await claim(before);
      await end(before[1], answered, true);
      // Of a paused run: what was worked out for it is undone, and is not what is looked up.
      const stopped = await pausedTicket(free);
      const mine = [await ticket(taken), await ticket(free), await ticket(answered)];
      const id = newClaim();
      // The first answers must get through; only the commit's is lost.
      const committing = swallowCommit(database, proxy);
      const claiming = claim([stopped, ...mine], new ClaimStore(database), id);
      await committing;
      await eventually(async () => (await claimOf(mine[1] as KeyedTicket)) === id, { what: 'the claim to commit' });
      proxy.pass();
      proxy.cut();
      const { claimed, inProgress } = await claiming;
      const verdicts = new Map(claimed.map((each) => [each.claimed.run, each.verdict.kind]));
      expect(verdicts).toEqual(
        new Map([
          [mine[1]?.run, 'owned'],
          [mine[2]?.run, 'answered'],
        ]),
      );
      expect(claimed.every((each: { claimed: Claimed }) => each.claimed.claim === id)).toBe(true);
      expect(inProgress.map(({ run }) => run)).toEqual([mine[0]?.run]);
    } finally {
      await database.close();
    }
  });
});

async function lockWaits(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

const claimOf = async ({ run }: KeyedTicket) =>
  (await db.query<{ claim: string | null }>('select claim from reprise.task where run_id = $1', [run]))[0]?.claim;

/** Makes the wire lose answers from the moment the transaction is about to commit. */
function swallowCommit(database: Database, proxy: TcpProxy): Promise<void> {
  return new Promise((resolve) => {
    const transaction = database.transaction.bind(database);
    database.transaction = (work) =>
      transaction(async (session) => {
        const result = await work(session);
        database.transaction = transaction;
        proxy.halfOpen();
        resolve();
        return result;
      });
  });
}
