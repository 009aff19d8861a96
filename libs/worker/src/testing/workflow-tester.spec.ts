import { describe, expect, test } from '@jest/globals';
import { INPUT, ORDERS, orders, refusal, stock } from '../../test/played-orders.js';
import { BadDocument, fails, failTimes, inTurn, testWorkflow } from './index.js';

describe('a run', () => {
  test('ends as its document and its mocks have it', async () => {
    const run = await orders({ id: 'r1' }).run(INPUT);
    expect([run.status, run.output, run.error, run.waitingFor]).toEqual(['succeeded', { receipt: 'r1' }, null, []]);
    expect(run.calls()).toEqual([
      { task: 'reserve', call: 'stock.reserve', input: { order: 'A1' }, attempt: 1, at: '2026-01-01T00:00:00.001Z' },
      { task: 'charge', call: 'payments.charge', input: { amount: 12 }, attempt: 1, at: expect.any(String) },
    ]);
    expect(run.calls('payments.charge')).toHaveLength(1);
  });

  test('tells of every attempt what became of it, and why there was another', async () => {
    const run = await orders(failTimes(2, 'BUSY', { id: 'r1' })).run(INPUT);
    const { attempts, ...charge } = run.task('charge');
    expect(charge).toMatchObject({
      path: 'charge',
      status: 'succeeded',
      input: { amount: 12 },
      output: { id: 'r1' },
      error: null,
    });
    expect(attempts.map(({ number, status, waited }) => [number, status, waited])).toEqual([
      [1, 'failed', null],
      [2, 'failed', expect.stringMatching(/^1\.\d*s$|^1s$/)],
      [3, 'succeeded', expect.stringMatching(/^2\.\d*s$|^2s$/)],
    ]);
    expect(attempts[0]).toMatchObject({
      error: { code: 'BUSY' },
      next: 'attempt 2 waits 1s: exponential 1s (1s × 2^0); retry 1 of 2 after BUSY',
    });
    expect(run.tookMs).toBeGreaterThanOrEqual(3_000);
    expect(run.tookMs).toBeLessThan(3_100);
  });

  test('has a timeline that can be read', async () => {
    const run = await orders(inTurn(fails('BUSY'), { id: 'r1' })).run(INPUT);
    expect(String(run).split('\n')).toEqual([
      '    +0s  run      starts',
      '   +1ms  reserve  attempt 1 begins',
      '  +12ms  reserve  succeeded',
      '  +13ms  charge   attempt 1 begins',
      '  +24ms  charge   attempt 1: failed with BUSY, BUSY happened; attempt 2 waits 1s: exponential 1s (1s × 2^0); retry 1 of 2 after BUSY',
      '+1.025s  charge   attempt 2 begins',
      '+1.036s  charge   attempt 2: succeeded',
      '+1.036s  charge   succeeded',
      '+1.036s  run      succeeded',
    ]);
    expect(run.timeline[4]).toMatchObject({
      at: '2026-01-01T00:00:00.024Z',
      after: '24ms',
      task: 'charge',
      what: 'attempt ended',
    });
  });

  test('fails with what its task failed with', async () => {
    const run = await orders(fails('CARD_DECLINED', { message: 'no money', details: { bank: 7 } })).run(INPUT);
    expect([run.status, run.output]).toEqual(['failed', null]);
    expect(run.error).toMatchObject({ code: 'CARD_DECLINED', message: 'no money', task: 'charge' });
    expect(run.task('charge')).toMatchObject({ status: 'failed', attempts: [{ number: 1 }] });
    expect(run.task('charge').error).toMatchObject({ details: { bank: 7 } });
  });

  test('is the same every time', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => orders(failTimes(2, 'BUSY', async () => ({ id: 1 }))).run(INPUT)));
    expect(String(first)).toBe(String(second));
  });

  test('draws its jitter from what the test gives', async () => {
    const document = 'workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: 2, initialInterval: 10s } } }';
    const waits = async (random: () => number) =>
      (await testWorkflow(document, { handlers: { x: fails('E') }, random }).run()).tookMs;
    expect(await waits(() => 0)).toBeLessThan(1_100);
    expect(await waits(() => 0.999)).toBeGreaterThan(9_900);
  });
});

describe('what a test gets wrong is told', () => {
  test('a bad document, with every problem', () => {
    const text = 'workflow: Orders\ntasks: { a: { cal: x }, b: { needs: [c], call: x } }\n';
    try {
      testWorkflow(text);
      throw new Error('accepted');
    } catch (error) {
      if (!(error instanceof BadDocument)) throw error;
      expect(error.problems.length).toBeGreaterThanOrEqual(3);
      expect(error.message).toContain(`the document has ${error.problems.length} problem(s)`);
      expect(error.message).toMatch(/\n {2}2:15: tasks\.a\.cal: unknown field `cal` \(did you mean `call`\?\)/);
    }
  });

  test('an input that does not fit', async () => {
    const error = await refusal(orders({ id: 1 }).run({}));
    expect([error.code, error.message]).toEqual([
      'INVALID_INPUT',
      expect.stringMatching(/^the input does not fit orders:\n.*orderId/),
    ]);
  });

  test('a call that nobody plays, when it is reached, and how to play it', async () => {
    const error = await refusal(testWorkflow(ORDERS, { handlers: stock }).run(INPUT));
    expect(error.code).toBe('NOT_GIVEN');
    expect(error.message).toContain('task "charge" calls "payments.charge", which nobody plays in this test');
    expect(error.message).toContain("{ handlers: { 'payments.charge': (input, attempt) => ({ … }) } }");
  });

  test('a mock for what is never called', () => {
    expect(() => testWorkflow(ORDERS, { handlers: { 'payment.charge': 1 } })).toThrow(
      'there is a mock for "payment.charge", which the document neither calls nor has as a task; did you mean "payments.charge"?',
    );
  });

  test('a task that is not there, a duration that is none', async () => {
    const run = await orders({ id: 'r1' }).run(INPUT);
    expect(() => run.task('chrage')).toThrow('orders has no task "chrage"; did you mean "charge"?');
    expect((await refusal(run.advance('5'))).message).toContain('"5" is no duration');
    await expect(orders(1).run(INPUT, { startAt: 'tomorrow' })).rejects.toThrow('"tomorrow" is no instant');
  });

  test('two things done at once', async () => {
    const run = await orders(async (_input, attempt) => attempt.sleep('1m')).start(INPUT);
    const first = run.goOn();
    expect((await refusal(run.cancel())).message).toBe('the run is going on already: await one call before the next');
    await first;
  });

  test('a run that goes on for ever', async () => {
    const document = 'workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: 0, initialInterval: 0s } } }';
    const tester = testWorkflow(document, { handlers: { x: fails('E') }, steps: 1_000 });
    const error = await refusal(tester.run());
    expect([error.code, error.message]).toEqual([
      'NO_END',
      expect.stringMatching(/^the run goes on and on: 1000 steps.*advance\('1h'\)/),
    ]);
  });
});
