import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { claimOf, GateUnderTest, ONE, outcome } from '../../test/gate-under-test.js';

const KEYED = 'workflow: keyed\ntasks: { a: { call: shop.a, with: "${{ input }}", idempotencyKey: "${{ input.key }}" } }';
const ONCE = 'workflow: once\ntasks: { a: { call: shop.a, effect: once, onInDoubt: fail } }';
const SECRET = 'workflow: secret\ntasks: { a: { call: shop.a, with: { token: "${{ secrets.TOKEN }}" } } }';
const worker = new GateUnderTest();
const { ask, granted, row, ticketOf, told } = worker;
beforeAll(worker.begin);
beforeEach(worker.beginTest);
afterAll(worker.end);

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
    await worker.scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [
      ticket.run,
    ]);
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
    await worker.scheduler.db.query(
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
