import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApprovalView, HistoryFact, Page, RunView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const EXAMPLE = new URL('../../examples/refund/', import.meta.url);

interface Entry {
  readonly kind: string;
  readonly payment: string;
  readonly amount?: number;
  readonly reason?: string;
}
interface PaymentService {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

let reprise: Installation;
let service: PaymentService;

beforeAll(async () => {
  // The example's own service, in this process: it must outlive every process that the tests kill.
  const { startPaymentService } = (await import(new URL('payment-service.mjs', EXAMPLE).href)) as {
    startPaymentService: (options: object) => Promise<PaymentService>;
  };
  [reprise, service] = await Promise.all([Installation.running({ lease: '5s' }), startPaymentService({ seed: 'refund' })]);
  // Time for an answer on a slow machine as well.
  const document = readFileSync(new URL('refund.yaml', EXAMPLE), 'utf8').replace('expire: { after: 5s', 'expire: { after: 10s');
  expect(document).toContain('after: 10s');
  await reprise.register(document);
});
afterAll(async () => {
  await reprise.end();
  await service.stop();
});

async function books(payment: string): Promise<readonly Entry[]> {
  const { entries } = (await (await fetch(`${service.url}/books`)).json()) as { entries: readonly Entry[] };
  return entries.filter((entry) => entry.payment === payment);
}
const kinds = async (payment: string): Promise<readonly string[]> => (await books(payment)).map(({ kind }) => kind);

/** Publishes the event; the run it starts. */
async function request(payment: string, amount: number, customer = `of ${payment}`): Promise<string> {
  const data = { payment, amount, customer, service: service.url };
  const { runs } = await reprise.send({ id: payment, source: 'shop', type: 'refund.requested', data });
  return runs[0]?.id ?? '';
}

const asked = (run: string): Promise<ApprovalView> =>
  eventually(async () => (await reprise.request<Page<ApprovalView>>('GET', `/v1/approvals?run=${run}`)).body.items[0] ?? false, {
    what: `run ${run} asks`,
  });
const ended = (run: string): Promise<RunView> => reprise.ended(run);

describe('refunds, paid by a service that loses answers', () => {
  test('small ones need nobody, and each is paid and booked exactly once', async () => {
    const payments = Array.from({ length: 12 }, (_, index) => `small-${index}`);
    const runs = await Promise.all(payments.map((payment) => request(payment, 20)));
    for (const run of runs)
      expect(await ended(run)).toMatchObject({ status: 'succeeded', output: { paid: true, approvedBy: null } });
    for (const payment of payments) expect(await kinds(payment)).toEqual(['reservations', 'refunds', 'bookings']);
    const { lost } = (await (await fetch(`${service.url}/books`)).json()) as { lost: number };
    expect(lost).toBeGreaterThan(0);
  });

  test('a large one waits for a person, though the scheduler is killed meanwhile; their name is in the output', async () => {
    const run = await request('large', 500);
    const approval = await asked(run);
    expect(approval.subject).toBe('Refund 500 for payment large?');
    expect(await kinds('large')).toEqual([]);
    await reprise.one('scheduler').kill('SIGKILL');
    const answer = await reprise.request(
      'POST',
      `/v1/approvals/${approval.id}`,
      { decision: 'approved' },
      { 'reprise-actor': 'anna' },
    );
    expect(answer.status).toBe(200);
    await reprise.start('scheduler');
    expect(await ended(run)).toMatchObject({ status: 'succeeded', output: { paid: true, approvedBy: 'anna' } });
    expect(await kinds('large')).toEqual(['reservations', 'refunds', 'bookings']);
  });

  test('what a person refuses is not paid', async () => {
    const run = await request('refused', 500);
    const { id } = await asked(run);
    await reprise.request('POST', `/v1/approvals/${id}`, { decision: 'rejected' }, { 'reprise-actor': 'bob' });
    expect(await ended(run)).toMatchObject({ status: 'succeeded', output: { paid: false, refund: null, approvedBy: 'bob' } });
    expect(await books('refused')).toEqual([]);
  });

  test('nobody answers: two reminders, then it is escalated, then it expires as refused', async () => {
    const run = await request('forgotten', 500);
    expect(await ended(run)).toMatchObject({ status: 'succeeded', output: { paid: false } });
    const facts = (await reprise.request<Page<HistoryFact>>('GET', `/v1/runs/${run}/history`)).body.items;
    const told = facts.map(({ kind }) => kind).filter((kind) => kind.startsWith('approval.'));
    // A slow machine may come to both reminders at once: the second one stands for both.
    expect(told).toEqual(
      expect.arrayContaining(['approval.requested', 'approval.reminded', 'approval.escalated', 'approval.expired']),
    );
    const reminders = await reprise.database.query<{ number: number }>(
      `select max(e.number) as number from reprise.approval_event as e join reprise.approval as a on a.id = e.approval_id
       where a.run_id = $1 and e.kind = 'reminded'`,
      [run],
    );
    expect(reminders).toEqual([{ number: 2 }]);
    expect(await books('forgotten')).toEqual([]);
  });

  test('cannot be booked: what was paid is taken back, in reverse order, and somebody is told', async () => {
    const run = await request('closed-account', 50);
    expect(await ended(run)).toMatchObject({ status: 'failed', error: { code: 'http.409', task: 'book' } });
    expect(await kinds('closed-account')).toEqual(['reservations', 'refunds', 'undo-refunds', 'undo-reservations', 'complaints']);
  });

  test('the same payment asked twice is one refund', async () => {
    const run = await request('twice', 10);
    await ended(run);
    const event = { id: 'again', source: 'shop', type: 'refund.requested' };
    const data = { payment: 'twice', amount: 10, customer: 'of twice', service: service.url };
    expect((await reprise.send({ ...event, data })).runs).toEqual([{ workflow: 'refund', id: run }]);
    const other = await reprise.send({ ...event, id: 'more', data: { ...data, amount: 99 } });
    expect(other).toMatchObject({ outcome: 'conflict', runs: [] });
    expect(await kinds('twice')).toEqual(['reservations', 'refunds', 'bookings']);
  });
});
