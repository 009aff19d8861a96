import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Delivery } from '@reprise/broker';
import { type AttemptTicket, decodeAttempts, type InboxItem } from '@reprise/contracts';
import { fence, type Json } from '@reprise/core';
import { type Claimed, ClaimStore, type KeyVerdict, QueueStore, type Ticket } from '@reprise/ledger';
import { silentLogger, systemClock } from '@reprise/service';
import { eventually, type RegisteredWorkflow, registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { delivered, deliveryOf } from '../../test/attempts.js';
import { defineHandler } from '../handlers/define-handler.js';
import { HandlerRegistry } from '../handlers/handler-registry.js';
import { AttemptIntake } from './attempt-intake.js';
import { SlotPool } from './slot-pool.js';

let db: TestDatabase;
let plain: RegisteredWorkflow;
let keyed: RegisteredWorkflow;
let slots: SlotPool;
let reported: InboxItem[];
let begun: { readonly ticket: AttemptTicket; readonly claimed: Claimed; readonly verdict: KeyVerdict }[];
let paused: number;
let gone: number;
let buried: { readonly delivery: Delivery; readonly reason: string }[];

beforeAll(async () => {
  db = await TestDatabase.create();
  plain = await registerWorkflow(db.database, 'workflow: plain\ntasks: { a: { call: shop.pay } }');
  keyed = await registerWorkflow(
    db.database,
    'workflow: keyed\ntasks: { a: { call: shop.pay, with: "${{ input }}", idempotencyKey: "${{ input.key }}" } }',
  );
});
afterAll(() => db.end());
beforeEach(() => {
  slots = new SlotPool(10);
  reported = [];
  begun = [];
  buried = [];
  paused = 0;
  gone = 0;
});

type Store = Pick<ClaimStore, 'claim' | 'claimKeyed'>;

function intake(store: Store = new ClaimStore(db.database)): AttemptIntake {
  return new AttemptIntake({
    store,
    registry: new HandlerRegistry([defineHandler('shop.pay', {}, () => 1)]),
    limits: { holdOf: () => null },
    slots,
    reporter: { report: (item) => void reported.push(item) },
    executor: 'executor-1',
    queue: 'default',
    onPaused: () => {
      paused += 1;
    },
    onGone: (tickets) => {
      gone += tickets;
    },
    leaseMs: 15_000,
    clock: systemClock,
    logger: silentLogger,
    begin: (ticket, claimed, verdict) => void begun.push({ ticket, claimed, verdict }),
    bury: async (delivery, reason) => void buried.push({ delivery, reason }),
  });
}

async function tickets(count: number, workflow = plain, input: Json = {}): Promise<readonly AttemptTicket[]> {
  const runs = await startRuns(
    db.database,
    workflow,
    Array.from({ length: count }, () => input),
  );
  return runs.flatMap((run) => run.tickets);
}

const one = async (workflow = plain, input: Json = {}): Promise<AttemptTicket> => {
  const [ticket] = await tickets(1, workflow, input);
  if (ticket === undefined) throw new Error('no ticket');
  return ticket;
};

const beginning = (count: number) => eventually(() => begun.length >= count, { what: `${count} attempts to begin` });

async function statusOf({ run }: AttemptTicket): Promise<string | undefined> {
  const [row] = await db.query<{ status: string }>('select status from reprise.task where run_id = $1', [run]);
  return row?.status;
}

/** Refuses every claim that holds one of these, as Postgres refuses a whole statement for one row. */
function refusing(
  bad: readonly Ticket[],
  error: unknown = Object.assign(new Error('value out of range'), { code: '22003' }),
): Store {
  const store = new ClaimStore(db.database);
  const check = (asked: readonly Ticket[]): void => {
    if (asked.some((ticket) => bad.some((each) => each.run === ticket.run))) throw error;
  };
  return {
    claim: async (asked, ...rest) => {
      check(asked);
      return store.claim(asked, ...rest);
    },
    claimKeyed: async (asked, ...rest) => {
      check(asked);
      return store.claimKeyed(asked, ...rest);
    },
  };
}

describe('tickets', () => {
  test('are claimed together, as many as there are free slots, and their messages may go when all are', async () => {
    const sent = await tickets(25);
    const taking = intake().take([deliveryOf(...sent)]);
    await beginning(10);
    expect(await db.query('select count(*)::int as running from reprise.task where status = $1', ['running'])).toEqual([
      { running: 10 },
    ]);
    slots.release(10);
    await beginning(20);
    expect(new Set(begun.map(({ claimed }) => claimed.claim)).size).toBe(2);
    slots.release(10);
    expect(await taking).toBeUndefined();
    expect(begun.map(({ ticket }) => ticket)).toEqual(expect.arrayContaining([...sent]));
    expect(slots.taken).toBe(5);
  });

  test('with a business key are claimed under their own fence, whatever old ones of the task come with them', async () => {
    const sent = await one(keyed, { key: 'old and new' });
    const old = { ...sent, fence: fence(0) };
    await db.query('update reprise.task set fence = 2 where run_id = $1', [sent.run]);
    const current = { ...sent, fence: fence(2) };
    await intake().take([deliveryOf(old), deliveryOf(current)]);
    expect(begun.map(({ ticket }) => ticket.fence)).toEqual([2]);
    expect([slots.taken, gone]).toEqual([1, 1]);
  });

  test('that are somebody else’s or gone take no slot, and are counted', async () => {
    const sent = await one();
    await intake().take([deliveryOf(sent)]);
    await intake().take([deliveryOf(sent), deliveryOf({ ...sent, fence: fence(99) }), deliveryOf({ ...sent, at: '7' })]);
    expect(begun.length).toBe(1);
    expect(slots.taken).toBe(1);
    expect(gone).toBe(3);
  });

  test('an old one in the same batch does not stand in for the current one', async () => {
    const sent = await one();
    const old = { ...sent, attempt: 7, fence: fence(sent.fence + 5) };
    await intake().take([deliveryOf(old, sent, sent)]);
    expect(begun.map(({ ticket }) => ticket.attempt)).toEqual([1]);
    expect(slots.taken).toBe(1);
  });

  test('nobody here can do go back uncounted, without a slot and without a claim', async () => {
    const sent = { ...(await one()), call: 'unknown.call' };
    slots = new SlotPool(1);
    await slots.take(1);
    await intake().take([deliveryOf(sent)]);
    const { run, version, node, at, fence: current } = sent;
    expect(reported).toEqual([{ kind: 'hold', run, version, node, at, fence: current, reason: 'NO_HANDLER' }]);
    expect(await statusOf(sent)).toBe('ready');
  });

  test('go back to their queue when the slots are closed while they wait; what is claimed stays claimed', async () => {
    const [first, second, third] = (await tickets(3)) as [AttemptTicket, AttemptTicket, AttemptTicket];
    slots = new SlotPool(1);
    const taking = intake().take([deliveryOf(first), deliveryOf(second, third)]);
    await beginning(1);
    slots.close();
    expect(await taking).toEqual(['ack', 'requeue']);
    expect(await statusOf(second)).toBe('ready');
  });
});

describe('a paused queue', () => {
  test('gives nothing: what comes from it goes back unclaimed, without a slot, and is taken when it is resumed', async () => {
    const queues = new QueueStore(db.database);
    const sent = [...(await tickets(3)), await one(keyed, { key: 'paused' })];
    const messages = sent.map((ticket) => deliveryOf(ticket));
    await queues.pause('default', 'ann', null);
    expect(await intake().take(messages)).toEqual(['requeue', 'requeue', 'requeue', 'requeue']);
    expect([begun.length, slots.taken, paused, reported.length]).toEqual([0, 0, 1, 0]);
    expect(await Promise.all(sent.map(statusOf))).toEqual(['ready', 'ready', 'ready', 'ready']);
    expect(await db.query(`select key from reprise.idempotency where key = 'paused'`)).toEqual([]);
    await queues.pause('other', 'ann', null);
    await queues.resume('default', 'ann');
    expect(await intake().take(messages)).toBeUndefined();
    expect(begun.length).toBe(4);
  });
});

describe('a message that cannot be read', () => {
  test('is kept with its reason, and the others of its batch are taken', async () => {
    const bad = delivered('{"v":1,"attempts":[{"run":"x"}]}');
    await intake().take([delivered('nonsense'), bad, deliveryOf(await one())]);
    expect(buried.map(({ reason }) => reason)).toEqual([expect.stringContaining('JSON'), '`run` must be a lower-case UUID']);
    expect(begun.length).toBe(1);
  });

  test('is kept once, however often its batch has to be tried', async () => {
    const down = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const sent = await one();
    const taking = intake(refusing([sent], down));
    const batch = [delivered('nonsense'), deliveryOf(sent)];
    for (let tries = 0; tries < 3; tries += 1) await expect(taking.take(batch)).rejects.toBe(down);
    expect(buried.length).toBe(1);
    expect(slots.taken).toBe(0);
  });
});

describe('claims that are refused', () => {
  test('are tried one by one: the others begin, the one that fails alone is kept with its reason and left to the watch', async () => {
    const sent = await tickets(5);
    const bad = sent.slice(2, 3);
    expect(await intake(refusing(bad)).take([deliveryOf(...sent)])).toBeUndefined();
    expect(begun.map(({ ticket }) => ticket)).toEqual(sent.filter((ticket) => !bad.includes(ticket)));
    expect(buried.map(({ delivery, reason }) => [decodeAttempts(delivery.body), reason])).toEqual([
      [{ kind: 'ok', value: bad }, 'cannot be claimed: value out of range'],
    ]);
    expect(slots.taken).toBe(4);
    expect(await statusOf(bad[0] as AttemptTicket)).toBe('ready');
  });

  test('with a business key hold up neither the plain ones nor each other', async () => {
    const plainOnes = await tickets(2);
    const keyedOnes = [await one(keyed, { key: 'r1' }), await one(keyed, { key: 'r2' })];
    await intake(refusing(keyedOnes.slice(0, 1))).take([deliveryOf(...plainOnes, ...keyedOnes)]);
    expect(begun.length).toBe(3);
    expect(buried.length).toBe(1);
  });

  test('by an absent database give back exactly the slots that nothing runs in', async () => {
    const plainOnes = await tickets(2);
    const keyedOne = await one(keyed, { key: 'away' });
    const down = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    await expect(intake(refusing([keyedOne], down)).take([deliveryOf(...plainOnes, keyedOne)])).rejects.toBe(down);
    expect(begun.length).toBe(2);
    expect(slots.taken).toBe(2);
  });
});

describe('a business key', () => {
  test('in progress puts the attempt back; the same input later is answered, another is a conflict', async () => {
    const owner = await one(keyed, { key: 'k', amount: 1 });
    const follower = await one(keyed, { key: 'k', amount: 1 });
    await intake().take([deliveryOf(owner)]);
    await intake().take([deliveryOf(follower)]);
    expect(begun.map(({ ticket, verdict }) => [ticket.run, verdict.kind])).toEqual([[owner.run, 'owned']]);
    expect(reported).toMatchObject([{ kind: 'hold', run: follower.run, fence: follower.fence, reason: 'KEY_IN_PROGRESS' }]);
    expect(slots.taken).toBe(1);
    await db.query(
      `update reprise.idempotency set state = 'succeeded', result = '"paid"', expires_at = now() + interval '1 day' where key = 'k'`,
    );
    const other = await one(keyed, { key: 'k', amount: 2 });
    await intake().take([deliveryOf(follower, other)]);
    expect(begun.slice(1).map(({ ticket, verdict }) => [ticket.run, verdict])).toEqual(
      expect.arrayContaining([
        [follower.run, { kind: 'answered', output: '"paid"', owner: { run: owner.run, node: 0, at: '' } }],
        [other.run, { kind: 'conflict', owner: owner.run }],
      ]),
    );
  });

  test('twice in one batch runs once', async () => {
    const both = [await one(keyed, { key: 'twice' }), await one(keyed, { key: 'twice' })];
    await intake().take([deliveryOf(...both)]);
    expect(begun.length).toBe(1);
    expect(reported.length).toBe(1);
  });
});
