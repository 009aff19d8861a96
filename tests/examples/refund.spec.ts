import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fails, failTimes, type MockHandler, type People, testWorkflow } from '@reprise/worker/testing';

const REFUND = readFileSync(new URL('../../examples/refund/refund.yaml', import.meta.url), 'utf8');
const SERVICE = 'https://pay.example';

/** A payment service that keeps its books as the example's own does; `faults` come before what a path is answered with. */
function paymentService(faults: Readonly<Record<string, MockHandler>> = {}) {
  const books: string[] = [];
  const http: MockHandler = ({ method, url }: { method: string; url: string }, attempt) => {
    const path = url.slice(SERVICE.length);
    const fault = faults[`${method} ${path.split('/').slice(0, 2).join('/')}`];
    if (fault !== undefined) return fault({}, attempt);
    books.push(`${method} ${path}`);
    return { status: 200, headers: {}, body: path === '/refunds' ? { id: 'r-1' } : {} };
  };
  return { books, http };
}

function refund(
  amount: number,
  options: { readonly faults?: Parameters<typeof paymentService>[0]; readonly people?: People } = {},
) {
  const { books, http } = paymentService(options.faults);
  const people = options.people === undefined ? {} : { people: options.people };
  const tester = testWorkflow(REFUND, { handlers: { http }, ...people });
  const data = { payment: 'p-1', amount, customer: 'ada', service: SERVICE };
  const [start] = tester.starts({ type: 'refund.requested', data });
  return { books, run: tester.run(start?.input), start };
}

describe('a small refund', () => {
  test('is started by its event, under the payment as its key', () => {
    const { start } = refund(20);
    expect(start).toMatchObject({ key: 'p-1', unmatched: null, input: { payment: 'p-1', amount: 20 } });
  });

  test('is paid without asking anybody', async () => {
    const { run, books } = refund(20);
    const { status, output } = await run;
    expect([status, output]).toEqual(['succeeded', { paid: true, refund: 'r-1', approvedBy: null }]);
    expect(books).toEqual(['POST /reservations', 'POST /refunds', 'POST /bookings']);
  });

  test('asks an unreliable service again with the same key', async () => {
    const lost = failTimes(3, fails('http.NETWORK', { message: 'the answer got lost' }), { body: { id: 'r-2' } });
    const run = await refund(20, { faults: { 'POST /refunds': lost } }).run;
    expect([run.output, run.task('pay').attempts.length]).toEqual([{ paid: true, refund: 'r-2', approvedBy: null }, 4]);
    expect(
      new Set(
        run
          .calls()
          .filter(({ task }) => task === 'pay')
          .map(({ input }) => JSON.stringify(input)),
      ).size,
    ).toBe(1);
  });

  test('that cannot be booked is undone, the last first, and somebody is told', async () => {
    const { run, books } = refund(20, { faults: { 'POST /bookings': fails('http.409', { message: 'the account is closed' }) } });
    const { status, error, calls } = await run.then((ended) => ({
      status: ended.status,
      error: ended.error,
      calls: ended.calls(),
    }));
    expect([status, error?.code, error?.task]).toEqual(['failed', 'http.409', 'book']);
    expect(books).toEqual([
      'POST /reservations',
      'POST /refunds',
      'DELETE /refunds/p-1',
      'DELETE /reservations/p-1',
      'POST /complaints',
    ]);
    expect(calls.at(-1)).toMatchObject({ task: 'onFailure.tell', input: { body: { reason: 'the account is closed' } } });
  });
});

describe('a large refund', () => {
  test('waits for people, and pays as soon as one of them agrees', async () => {
    const run = await refund(500).run;
    expect(run.waitingFor).toMatchObject([
      { kind: 'approval', subject: 'Refund 500 for payment p-1?', assignees: ['anna', 'bob'] },
    ]);
    await run.approve('approve', { by: 'anna' });
    expect(run.output).toEqual({ paid: true, refund: 'r-1', approvedBy: 'anna' });
  });

  test('is not paid when they refuse', async () => {
    const { run, books } = refund(500, { people: { approve: { by: 'bob', decision: 'rejected' } } });
    expect([(await run).output, books]).toEqual([{ paid: false, refund: null, approvedBy: 'bob' }, []]);
  });

  test('reminds them twice, asks their superior, and counts as refused when nobody answers', async () => {
    const run = await (await refund(500).run).toEnd();
    expect(run.timeline.filter(({ what }) => what === 'told').map(({ text }) => text)).toEqual([
      'asks anna, bob: Refund 500 for payment p-1?',
      'reminds them, for the 1. time',
      'asks carla too',
      'reminds them, for the 2. time',
      'nobody answered in time: rejected',
    ]);
    expect(run.output).toEqual({ paid: false, refund: null, approvedBy: null });
  });
});
