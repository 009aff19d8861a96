import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { insertTasks } from '../../test/rows.js';
import { ClaimStore, type KeyedTicket, QueueStore, type Ticket } from '../index.js';

let db: TestDatabase;
let queues: QueueStore;
let claims: ClaimStore;

beforeAll(async () => {
  // Claims that race wait for a connection first, and not for ever.
  db = await TestDatabase.create(20);
  queues = new QueueStore(db.database);
  claims = new ClaimStore(db.database);
});
beforeEach(() => db.query('delete from reprise.queue_pause'));
afterAll(() => db.end());

const newClaim = () => claimId(systemClock.uuid());
const claim = (tickets: readonly Ticket[], queue = 'default') => claims.claim(tickets, newClaim(), 'e', 15_000, queue);
const claimKeyed = (tickets: readonly KeyedTicket[]) => claims.claimKeyed(tickets, newClaim(), 'e', 15_000, () => 'f', 'default');

describe('a queue', () => {
  test('is paused once, by one of many who ask, and shows who and why until it is resumed', async () => {
    const asked = await Promise.all(['ann', 'bob', 'cleo'].map((who) => queues.pause('default', who, `for ${who}`)));
    expect(asked.filter((each) => each)).toHaveLength(1);
    const [paused] = await queues.paused();
    expect(paused).toMatchObject({ queue: 'default', reason: `for ${paused?.pausedBy}`, pausedAt: expect.any(Number) });
    expect(await queues.paused(['other'])).toEqual([]);
    expect(await queues.paused(['other', 'default'])).toHaveLength(1);
    expect([await queues.resume('default', 'dan'), await queues.resume('default', 'dan')]).toEqual([true, false]);
    expect(await queues.paused()).toEqual([]);
    expect(await db.query('select queue, resumed_by from reprise.queue_pause')).toEqual([
      { queue: 'default', resumed_by: 'dan' },
    ]);
    expect(await queues.pause('default', 'eve', null)).toBe(true);
    expect(await queues.paused()).toMatchObject([{ pausedBy: 'eve', reason: null }]);
  });

  test('that is paused gives no claim, and says so; others do', async () => {
    const tickets = await insertTasks(db.database, 3);
    await queues.pause('default', 'ann', null);
    expect(await claim(tickets)).toEqual({ claimed: [], isPaused: true });
    expect((await claim(tickets.slice(0, 1), 'other')).claimed).toHaveLength(1);
    await queues.resume('default', 'ann');
    expect(await claim(tickets)).toMatchObject({ claimed: [{}, {}], isPaused: false });
    expect(await claim(tickets)).toEqual({ claimed: [], isPaused: false });
  });

  test('that is paused gives no business key either', async () => {
    const tickets = (await insertTasks(db.database, 2, { idempotencyKey: 'order-1' })).map((each) => ({ ...each, call: 'pay' }));
    await queues.pause('default', 'ann', null);
    expect(await claimKeyed(tickets)).toEqual({ claimed: [], inProgress: [], isPaused: true });
    expect(await db.query(`select state from reprise.idempotency`)).toEqual([]);
    await queues.resume('default', 'ann');
    const { claimed, inProgress } = await claimKeyed(tickets);
    expect([claimed.length, inProgress.length]).toEqual([1, 1]);
  });

  test('gives nothing more from the moment its pause is answered, however many claims race with it', async () => {
    const tickets = await insertTasks(db.database, 200);
    const racing = tickets.map((ticket) => claim([ticket]));
    await queues.pause('default', 'ann', null);
    const after = await Promise.all((await insertTasks(db.database, 50)).map((ticket) => claim([ticket])));
    expect(after.every(({ claimed, isPaused }) => claimed.length === 0 && isPaused)).toBe(true);
    const raced = await Promise.all(racing);
    expect(raced.every(({ claimed, isPaused }) => (claimed.length === 1) !== isPaused)).toBe(true);
  });
});
