import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { GateUnderTest, held, ONE, outcome } from '../../test/gate-under-test.js';

const worker = new GateUnderTest();
const { ask, carrying, granted, rejected, row, ticketOf, told } = worker;
beforeAll(worker.begin);
beforeEach(worker.beginTest);
afterAll(worker.end);

describe('a heartbeat', () => {
  test('renews the lease, tells who was replaced, and passes on that the attempt is to stop; the same one twice is one', async () => {
    const grant = await granted(await ticketOf(ONE));
    const asked = await granted(await ticketOf(ONE));
    await worker.scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [
      grant.run,
    ]);
    await worker.scheduler.db.query('update reprise.task set cancelling = true where run_id = $1', [asked.run]);
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
    await worker.scheduler.db.query('update reprise.task set claim = gen_random_uuid(), fence = fence + 1 where run_id = $1', [
      grant.run,
    ]);
    const before = await rejected();
    expect(await ask(outcome(grant, { kind: 'succeeded', output: 1 }))).toEqual([{ v: 1, kind: 'stale' }]);
    expect(await rejected()).toBe(before + 1);
    await worker.parts.gate.answer([carrying({ v: 1, ...outcome(grant, { kind: 'cancelled' }) }, worker.replies, true)]);
    expect(await worker.broker.take(worker.replies)).toHaveLength(1);
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
    expect(await worker.parts.connection.queueDepth(worker.broker.names.taskQueue('py'))).toBe(0);
    const members = () =>
      worker.scheduler.db.query(`select id, info from reprise.member where service = 'executor' and lease_until > now()`);
    expect(await members()).toEqual([
      { id: 'amqp/py-1', info: { queues: { py: { readUntil: 12 } }, handlers: ['shop.a'], concurrency: 3 } },
    ]);
    await worker.broker.channel((channel) => channel.deleteQueue(worker.broker.names.taskQueue('py')));
    await ask({ ...hello, queues: [{ name: 'py' }] });
    expect(await worker.parts.connection.queueDepth(worker.broker.names.taskQueue('py'))).toBe(0);
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
    await worker.parts.gate.answer([carrying(request)]);
    expect((await worker.broker.take(worker.replies)).map((body) => JSON.parse(body.toString()))).toEqual([
      { v: 1, kind: 'refused', reason },
    ]);
    const unanswerable = carrying(request);
    await worker.parts.gate.answer([{ ...unanswerable, properties: { ...unanswerable.properties, replyTo: undefined } }]);
    expect(worker.buried).toEqual([reason]);
  });

  test('does not make the gate write to Reprise’s own queues', async () => {
    await worker.parts.gate.answer([carrying({ v: 1, kind: 'goodbye', worker: 'py' }, worker.broker.names.inboxQueue(0))]);
    expect(worker.buried).toEqual([expect.stringContaining('`reply_to`')]);
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
  await worker.parts.gate.answer([carrying({ v: 1, kind: 'goodbye', worker: 'py' })]);
  const answer = await worker.broker.channel((channel) => channel.get(worker.replies, { noAck: true }));
  expect(answer).toMatchObject({ properties: { correlationId: 'q-1', contentType: 'application/json' } });
});
