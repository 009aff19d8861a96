import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BrokerConnection, type Delivery } from '@reprise/broker';
import { type AttemptTicket, decodeInbox, type GrantedAttempt, type InboxItem } from '@reprise/contracts';
import type { Json } from '@reprise/core';
import { createServiceContext, Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { TestBroker } from '@reprise/testing';
import { SchedulerUnderTest } from '../../test/scheduler-under-test.js';
import { AnswerRequests } from './answer-requests.js';

const ONE = 'workflow: one\ntasks: { a: { call: shop.a, with: "${{ input }}", timeout: 10s } }';
const KEYED = 'workflow: keyed\ntasks: { a: { call: shop.a, with: "${{ input }}", idempotencyKey: "${{ input.key }}" } }';
const ONCE = 'workflow: once\ntasks: { a: { call: shop.a, effect: once, onInDoubt: fail } }';
const SECRET = 'workflow: secret\ntasks: { a: { call: shop.a, with: { token: "${{ secrets.TOKEN }}" } } }';
const SHARDS = ['0', '1', '2', '3', '4', '5', '6', '7'];

// biome-ignore lint/suspicious/noExplicitAny: what is answered is looked at by the expectations that follow.
type Answer = any;

const broker = new TestBroker();
const replies = `${broker.prefix}-worker`;
const heard = `${broker.prefix}-heard`;
const metrics = new Metrics({ service: 'scheduler', nodeDefaults: false });
let scheduler: SchedulerUnderTest;
let connection: BrokerConnection;
let gate: AnswerRequests;
let buried: string[];

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  const settings = readSettings({ DATABASE_URL: scheduler.db.url, REPRISE_MAX_OUTPUT_BYTES: '1000' }, 'scheduler');
  const context = createServiceContext('scheduler', settings, { logger: silentLogger, metrics });
  gate = new AnswerRequests(context, scheduler.db.database, connection, async (_delivery, reason) => void buried.push(reason));
  await broker.channel(async (channel) => {
    await channel.assertQueue(replies);
    await channel.assertQueue(heard);
    for (const shard of SHARDS) await channel.bindQueue(heard, broker.names.inbox, shard);
  });
});
beforeEach(() => {
  buried = [];
});
afterAll(async () => {
  await gate.close();
  await connection.close();
  await broker.channel(async (channel) => {
    await channel.deleteQueue(replies);
    await channel.deleteQueue(heard);
  });
  await broker.end(['default', 'py']);
  await scheduler.end();
});

function carrying(request: unknown, replyTo = replies, redelivered = false): Delivery {
  const properties = {
    messageId: undefined,
    type: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    appId: undefined,
    correlationId: 'q-1',
    replyTo,
    timestamp: undefined,
    headers: {},
  };
  return { body: Buffer.from(JSON.stringify(request)), exchange: '', routingKey: 'gate', redelivered, properties };
}
async function ask(...requests: readonly object[]): Promise<readonly Answer[]> {
  await gate.answer(requests.map((request) => carrying({ v: 1, ...request })));
  return (await broker.take(replies)).map((body) => JSON.parse(body.toString()));
}
const told = async (): Promise<readonly InboxItem[]> =>
  (await broker.take(heard)).flatMap((body) => {
    const decoded = decodeInbox(body);
    return decoded.kind === 'ok' ? decoded.value : [];
  });
const ticketOf = async (document: string, input: Json = {}): Promise<AttemptTicket> => {
  const { tickets } = await scheduler.start(document, input);
  if (tickets[0] === undefined) throw new Error('no ticket');
  return tickets[0];
};
const claimOf = (ticket: AttemptTicket, claim = systemClock.uuid()) => ({
  kind: 'claim',
  worker: 'py-1',
  claim,
  attempts: [ticket],
});
async function granted(ticket: AttemptTicket, claim?: string): Promise<GrantedAttempt> {
  const [{ attempts }] = await ask(claimOf(ticket, claim));
  expect(attempts).toMatchObject([{ kind: 'granted' }]);
  return attempts[0];
}
const held = ({ run, node, at, fence, claim }: GrantedAttempt) => ({ run, node, at, fence, claim });
const outcome = (grant: GrantedAttempt, outcome: unknown) => ({
  kind: 'outcome',
  ...held(grant),
  version: grant.version,
  outcome,
});
const row = async ({ run }: Pick<AttemptTicket, 'run'>): Promise<Answer> => {
  const [task] = await scheduler.db.query('select *, lease_until > now() as leased from reprise.task where run_id = $1', [run]);
  return task;
};
const rejected = async (): Promise<number> =>
  Number(/^reprise_stale_writes_rejected_total(?:\{.*\})? (\d+)/m.exec(await metrics.metricsText())?.[1] ?? 0);

describe('a claim', () => {
  test('is granted with everything the handler needs, under the claim the worker chose', async () => {
    const ticket = await ticketOf(ONE, { amount: 7 });
    const claim = systemClock.uuid();
    const grant = await granted(ticket, claim);
    expect(grant).toMatchObject({
      run: ticket.run,
      call: 'shop.a',
      path: 'a',
      attempt: 1,
      fence: ticket.fence + 1,
      claim,
      key: `${ticket.run}/a`,
      input: { amount: 7 },
      timeoutMs: 10_000,
      heartbeatMs: null,
    });
    expect(await row(ticket)).toMatchObject({ status: 'running', executor: 'amqp/py-1', claim, leased: true, guard: null });
  });

  test('whose answer got lost is granted again to who asks again, and to nobody else', async () => {
    const ticket = await ticketOf(ONE);
    const grant = await granted(ticket);
    await scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [ticket.run]);
    expect(await granted(ticket, grant.claim)).toMatchObject({ fence: grant.fence, claim: grant.claim });
    expect(await row(ticket)).toMatchObject({ leased: true, fence: grant.fence });
    const [{ attempts }] = await ask(claimOf(ticket));
    expect(attempts).toMatchObject([{ kind: 'refused', code: 'GONE', run: ticket.run }]);
  });

  test('that has ended meanwhile is not granted again: its work would be done twice', async () => {
    const ticket = await ticketOf(ONE);
    const grant = await granted(ticket);
    expect(await ask(outcome(grant, { kind: 'succeeded', output: 1 }))).toMatchObject([{ kind: 'accepted' }]);
    const [{ attempts }] = await ask(claimOf(ticket, grant.claim));
    expect(attempts).toMatchObject([{ kind: 'refused', code: 'GONE' }]);
    await told();
  });

  test('of several attempts is answered in their order', async () => {
    const [first, second] = [await ticketOf(ONE), await ticketOf(ONE)];
    await granted(first);
    const [{ attempts }] = await ask({ ...claimOf(first), attempts: [first, second] });
    expect(attempts).toMatchObject([
      { kind: 'refused', run: first.run },
      { kind: 'granted', run: second.run },
    ]);
  });

  test('is guarded as the workflow says, though the worker has dropped that from the ticket', async () => {
    const { effect: _, onInDoubt: __, ...ticket } = await ticketOf(ONCE);
    await granted(ticket);
    expect(await row(ticket)).toMatchObject({ guard: 'once-fail' });
  });

  test('may ask for a stricter effect than the workflow', async () => {
    const ticket = await ticketOf(ONE);
    await granted({ ...ticket, effect: 'once' });
    expect(await row(ticket)).toMatchObject({ guard: 'once-park' });
  });

  test('for an attempt with secrets is refused, and the attempt fails saying why', async () => {
    const ticket = await ticketOf(SECRET);
    const [{ attempts }] = await ask(claimOf(ticket));
    expect(attempts).toMatchObject([{ kind: 'refused', code: 'NOT_FOR_WORKERS', reason: expect.stringContaining('secrets') }]);
    expect(await told()).toMatchObject([
      { kind: 'outcome', run: ticket.run, outcome: { kind: 'failed', error: { code: 'INVALID_INPUT' }, retryable: false } },
    ]);
    expect(JSON.parse((await row(ticket)).recorded)).toMatchObject({ kind: 'failed' });
  });

  test('of a version or a call that the workflow does not have is refused', async () => {
    const ticket = await ticketOf(ONE);
    const answers = await ask(claimOf({ ...ticket, version: ticket.run as never }), claimOf({ ...ticket, call: 'other' }));
    expect(answers.flatMap(({ attempts }) => attempts)).toMatchObject([{ code: 'GONE' }, { code: 'GONE' }]);
    expect(await row(ticket)).toMatchObject({ status: 'ready' });
  });
});

describe('a business key', () => {
  test('in progress puts the attempt back; once it has succeeded the ledger answers; other input is a conflict', async () => {
    const owner = await ticketOf(KEYED, { key: 'k', amount: 1 });
    const follower = await ticketOf(KEYED, { key: 'k', amount: 1 });
    const grant = await granted(owner);
    expect((await granted(owner, grant.claim)).fence).toBe(grant.fence);
    const { keyed: _, ...careless } = follower;
    const [{ attempts }] = await ask(claimOf(careless));
    expect(attempts).toMatchObject([{ kind: 'refused', code: 'KEY_IN_PROGRESS' }]);
    expect(await told()).toMatchObject([{ kind: 'hold', run: follower.run, fence: follower.fence, reason: 'KEY_IN_PROGRESS' }]);
    await scheduler.db.query(
      `update reprise.idempotency set state = 'succeeded', result = '"paid"', expires_at = now() + interval '1 day' where key = 'k'`,
    );
    const other = await ticketOf(KEYED, { key: 'k', amount: 2 });
    const answers = await ask(claimOf(follower), claimOf(other));
    expect(answers.flatMap((each) => each.attempts)).toMatchObject([{ code: 'ANSWERED' }, { code: 'ANSWERED' }]);
    expect(await told()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          run: follower.run,
          outcome: { kind: 'succeeded', output: '"paid"', fromLedger: true, owner: { run: owner.run, node: 0, at: '' } },
        }),
        expect.objectContaining({
          run: other.run,
          outcome: expect.objectContaining({ error: expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' }) }),
        }),
      ]),
    );
  });
});

describe('a heartbeat', () => {
  test('renews the lease, tells who was replaced, and passes on that the attempt is to stop; the same one twice is one', async () => {
    const grant = await granted(await ticketOf(ONE));
    const asked = await granted(await ticketOf(ONE));
    await scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [grant.run]);
    await scheduler.db.query('update reprise.task set cancelling = true where run_id = $1', [asked.run]);
    const answers = await ask(
      { kind: 'heartbeat', ...held(grant) },
      { kind: 'heartbeat', ...held(grant) },
      { kind: 'heartbeat', ...held(grant), claim: systemClock.uuid() },
      { kind: 'heartbeat', ...held(asked) },
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['held', 'held', 'gone', 'cancel']);
    expect(await row(grant)).toMatchObject({ leased: true });
  });
});

describe('an outcome', () => {
  test('is in its row and told to its run when it is accepted; the first one counts, said once or twice', async () => {
    const grant = await granted(await ticketOf(ONE));
    const answers = await ask(outcome(grant, { kind: 'succeeded', output: { paid: 7 } }), outcome(grant, { kind: 'cancelled' }));
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    expect(JSON.parse((await row(grant)).recorded)).toEqual({ kind: 'succeeded', output: '{"paid":7}' });
    expect(await told()).toMatchObject([
      { kind: 'outcome', run: grant.run, claim: grant.claim, outcome: { output: '{"paid":7}' } },
    ]);
  });

  test('of a worker that was replaced is stale, written nowhere, and counted; one that was delivered before is not counted', async () => {
    const grant = await granted(await ticketOf(ONE));
    await scheduler.db.query('update reprise.task set claim = gen_random_uuid(), fence = fence + 1 where run_id = $1', [
      grant.run,
    ]);
    const before = await rejected();
    expect(await ask(outcome(grant, { kind: 'succeeded', output: 1 }))).toEqual([{ v: 1, kind: 'stale' }]);
    expect(await rejected()).toBe(before + 1);
    await gate.answer([carrying({ v: 1, ...outcome(grant, { kind: 'cancelled' }) }, replies, true)]);
    expect(await broker.take(replies)).toHaveLength(1);
    expect(await rejected()).toBe(before + 1);
    expect(await row(grant)).toMatchObject({ recorded: null });
    expect(await told()).toEqual([]);
  });

  test('is bounded: too large an output fails the attempt, errors are cut, what Postgres refuses is replaced', async () => {
    const [large, failed] = [await granted(await ticketOf(ONE)), await granted(await ticketOf(ONE))];
    const error = { code: 'X'.repeat(300), message: 'a\u0000b' };
    await ask(outcome(large, { kind: 'succeeded', output: 'x'.repeat(2_000) }), outcome(failed, { kind: 'failed', error }));
    expect(JSON.parse((await row(large)).recorded)).toMatchObject({ error: { code: 'OUTPUT_TOO_LARGE' }, retryable: false });
    expect(JSON.parse((await row(failed)).recorded)).toMatchObject({ error: { code: 'X'.repeat(200), message: 'a\ufffdb' } });
    await told();
  });
});

describe('a worker', () => {
  test('is an executor while it says hello, and its queues exist from then on', async () => {
    const hello = { kind: 'hello', worker: 'py-1', handlers: ['shop.a'], concurrency: 3 };
    const [welcome] = await ask({ ...hello, queues: [{ name: 'py', readUntil: 12 }] });
    expect(welcome).toMatchObject({ kind: 'welcome', helloEveryMs: 5_000 });
    expect(await connection.queueDepth(broker.names.taskQueue('py'))).toBe(0);
    const members = () =>
      scheduler.db.query(`select id, info from reprise.member where service = 'executor' and lease_until > now()`);
    expect(await members()).toEqual([
      { id: 'amqp/py-1', info: { queues: { py: { readUntil: 12 } }, handlers: ['shop.a'], concurrency: 3 } },
    ]);
    await broker.channel((channel) => channel.deleteQueue(broker.names.taskQueue('py')));
    await ask({ ...hello, queues: [{ name: 'py' }] });
    expect(await connection.queueDepth(broker.names.taskQueue('py'))).toBe(0);
    expect(await ask({ kind: 'goodbye', worker: 'py-1' })).toEqual([{ v: 1, kind: 'accepted' }]);
    expect(await members()).toEqual([]);
  });

  test('puts back what it has no handler for, uncounted', async () => {
    const ticket = await ticketOf(ONE);
    expect(await ask({ kind: 'put-back', attempts: [ticket] })).toEqual([{ v: 1, kind: 'accepted' }]);
    expect(await told()).toMatchObject([{ kind: 'hold', run: ticket.run, fence: ticket.fence, reason: 'NO_HANDLER' }]);
    expect(await row(ticket)).toMatchObject({ status: 'ready' });
  });
});

describe('a request that cannot be acted on', () => {
  const claim = '5b0f7c1e-9c57-4a1e-8a43-2f3d5f8a6c10';
  test.each([
    [{ v: 2, kind: 'claim' }, 'unsupported message version 2'],
    [{ v: 1, kind: 'dance' }, '`kind` must be hello, goodbye, claim, put-back, heartbeat or outcome'],
    [{ v: 1, kind: 'claim', worker: 'a b', claim, attempts: [{}] }, '`worker` must be up to 200 letters, digits and . _ : / @ -'],
    [{ v: 1, kind: 'claim', worker: 'py', claim, attempts: [] }, '`attempts` must have one at least'],
    [{ v: 1, kind: 'claim', worker: 'py', claim, attempts: Array(101).fill({}) }, '`attempts` must have at most 100'],
    [{ v: 1, kind: 'claim', worker: 'py', claim: 'mine', attempts: [{}] }, '`claim` must be a lower-case UUID'],
    [
      { v: 1, kind: 'hello', worker: 'py', queues: [{ name: '#' }], handlers: [], concurrency: 1 },
      '`queues` must have names without spaces, `*` and `#`',
    ],
    [
      { v: 1, kind: 'hello', worker: 'py', queues: [], handlers: [''], concurrency: 1 },
      '`handlers` must have names of up to 200 characters',
    ],
    [{ v: 1, kind: 'hello', worker: 'py', queues: [], handlers: [], concurrency: 20_000 }, '`concurrency` must be at most 10000'],
  ])('is answered with the reason, or kept with it where nobody waits for an answer: %j', async (request, reason) => {
    await gate.answer([carrying(request)]);
    expect((await broker.take(replies)).map((body) => JSON.parse(body.toString()))).toEqual([{ v: 1, kind: 'refused', reason }]);
    const unanswerable = carrying(request);
    await gate.answer([{ ...unanswerable, properties: { ...unanswerable.properties, replyTo: undefined } }]);
    expect(buried).toEqual([reason]);
  });

  test('does not make the gate write to Reprise’s own queues', async () => {
    await gate.answer([carrying({ v: 1, kind: 'goodbye', worker: 'py' }, broker.names.inboxQueue(0))]);
    expect(buried).toEqual([expect.stringContaining('`reply_to`')]);
    expect(await told()).toEqual([]);
  });

  test('is refused alone: what the database does not take holds up nobody else', async () => {
    const good = await granted(await ticketOf(ONE));
    const bad = { ...held(good), node: 2 ** 40 };
    const answers = await ask({ kind: 'heartbeat', ...bad }, { kind: 'heartbeat', ...held(good) });
    expect(answers).toMatchObject([{ kind: 'refused', reason: expect.stringContaining('integer') }, { kind: 'held' }]);
  });
});

test('an answer carries the correlation id of its request', async () => {
  await gate.answer([carrying({ v: 1, kind: 'goodbye', worker: 'py' })]);
  const answer = await broker.channel((channel) => channel.get(replies, { noAck: true }));
  expect(answer).toMatchObject({ properties: { correlationId: 'q-1', contentType: 'application/json' } });
});
