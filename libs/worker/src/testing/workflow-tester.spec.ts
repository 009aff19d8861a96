import { describe, expect, test } from '@jest/globals';
import { BadDocument, fails, failTimes, hangs, inTurn, loseTimes, TesterError, takes, testWorkflow } from './index.js';

const ORDERS = `
workflow: orders
input: { type: object, required: [orderId], properties: { orderId: { type: string } } }
tasks:
  reserve: { call: stock.reserve, with: { order: "\${{ input.orderId }}" } }
  charge:
    needs: [reserve]
    call: payments.charge
    with: { amount: "\${{ tasks.reserve.output.total }}" }
    retry: { maximumAttempts: 3, initialInterval: 1s, jitter: none, nonRetryable: [CARD_DECLINED] }
    timeout: 1m
output: { receipt: "\${{ tasks.charge.output.id }}" }
`;
const stock = { 'stock.reserve': { total: 12 } };
const orders = (charge: Parameters<typeof inTurn>[0]) =>
  testWorkflow(ORDERS, { handlers: { ...stock, 'payments.charge': charge } });
const INPUT = { orderId: 'A1' };

const refusal = async (promise: Promise<unknown>): Promise<TesterError> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TesterError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

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

describe('handlers that take their time', () => {
  test('may be asynchronous: what they do in real time takes no virtual time', async () => {
    const order: string[] = [];
    const run = await orders(async () => {
      order.push('begins');
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push('ends');
      return { id: 'r1' };
    }).run(INPUT);
    expect([run.output, order]).toEqual([{ receipt: 'r1' }, ['begins', 'ends']]);
    expect(run.tookMs).toBeLessThan(30);
  });

  test('are at work together if they begin together: one may wait for what the other does', async () => {
    let ring: () => void = () => undefined;
    const bell = new Promise<void>((resolve) => {
      ring = resolve;
    });
    const document = 'workflow: w\ntasks: { a: { call: waits }, b: { call: rings } }';
    const run = await testWorkflow(document, { handlers: { waits: () => bell.then(() => 1), rings: async () => ring() } }).run();
    expect(run.status).toBe('succeeded');
  });

  test('sleep in virtual time, each for itself', async () => {
    const document = 'workflow: w\ntasks: { a: { call: x, with: 2m }, b: { call: x, with: 3m }, c: { needs: [a, b], call: y } }';
    const handlers = {
      x: async (time: string, attempt: { sleep(duration: string): Promise<void> }) => {
        await attempt.sleep(time);
        await attempt.sleep('1m');
      },
      y: null,
    };
    const run = await testWorkflow(document, { handlers }).run();
    expect(run.task('a').attempts[0]).toMatchObject({ endedAt: '2026-01-01T00:03:00.002Z' });
    expect(run.calls('y')[0]?.at).toBe('2026-01-01T00:04:00.003Z');
  });

  test('answer after a time, unless the time is up before', async () => {
    expect((await orders(takes('40s', { id: 1 })).run(INPUT)).tookMs).toBeGreaterThan(40_000);
    const run = await orders(takes('61s', { id: 1 })).run(INPUT);
    expect(run.error).toMatchObject({ code: 'TIMEOUT', task: 'charge', details: { kind: 'attempt' } });
    expect(run.tookMs).toBeGreaterThan(183_000);
  });

  test('are told when the time is up, and what they answer then is too late', async () => {
    const aborted: unknown[] = [];
    const run = await orders(async (_input, attempt) => {
      await attempt.sleep('2m').catch((error: unknown) => aborted.push((error as { code: string }).code, attempt.signal.aborted));
      return { id: 'too late' };
    }).run(INPUT);
    expect([run.error?.code, aborted]).toEqual(['TIMEOUT', ['CANCELLED', true, 'CANCELLED', true, 'CANCELLED', true]]);
    expect(run.task('charge').attempts.map(({ status }) => status)).toEqual(['timeout', 'timeout', 'timeout']);
  });

  test('that never answer end with their timeout', async () => {
    const run = await orders(inTurn(hangs(), { id: 'r1' })).run(INPUT);
    expect(run.task('charge').attempts).toMatchObject([
      { status: 'timeout', error: { code: 'TIMEOUT' } },
      { status: 'succeeded' },
    ]);
  });

  test('must give signs of life where they are asked to', async () => {
    const document =
      'workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: 1 }, timeout: { attempt: 1h, heartbeat: 10s } } }';
    const beatEvery =
      (duration: string) => async (_input: unknown, attempt: { sleep(d: string): Promise<void>; heartbeat(): void }) => {
        for (let times = 0; times < 5; times += 1) {
          await attempt.sleep(duration);
          attempt.heartbeat();
        }
      };
    expect((await testWorkflow(document, { handlers: { x: beatEvery('9s') } }).run()).status).toBe('succeeded');
    const silent = await testWorkflow(document, { handlers: { x: beatEvery('11s') } }).run();
    expect(silent.error).toMatchObject({ code: 'TIMEOUT', details: { kind: 'heartbeat' } });
    expect(silent.tookMs).toBeLessThan(11_000);
  });

  test('that never come back are named', async () => {
    const error = await refusal(
      testWorkflow(ORDERS, {
        handlers: { ...stock, 'payments.charge': () => new Promise(() => undefined) },
        patience: '50ms',
      }).run(INPUT),
    );
    expect(error.code).toBe('NO_END');
    expect(error.message).toMatch(
      /^the handler of charge \(payments\.charge, attempt 1\) has been at work for 50 ms of real time.*hangs\(\)/,
    );
  });
});

describe('executors that die', () => {
  test('lose the attempt: it is made again when its lease is over, and does not count as a failure', async () => {
    const run = await orders(loseTimes(2, { id: 'r1' })).run(INPUT);
    expect(run.task('charge').attempts.map(({ status }) => status)).toEqual(['lost', 'lost', 'succeeded']);
    expect(run.tookMs).toBeGreaterThan(30_000);
    expect(run.task('charge').attempts[0]?.next).toMatch(/loss 1 of 5 after LOST/);
  });

  test('are killed by the test, in the middle of the work', async () => {
    const begun: number[] = [];
    const run = await orders(async (_input, attempt) => {
      begun.push(attempt.number);
      if (attempt.number === 1) await attempt.sleep('30s');
      return { id: attempt.fence };
    }).start(INPUT);
    await run.advance('5s');
    expect(run.task('charge').attempts).toMatchObject([{ number: 1, status: 'running' }]);
    await run.killExecutor();
    expect([run.status, begun]).toEqual(['succeeded', [1, 2]]);
    expect(run.task('charge').attempts.map(({ status }) => status)).toEqual(['lost', 'succeeded']);
  });
});

describe('what people do with a run', () => {
  test('time passes as far as it is let', async () => {
    const run = await orders(takes('40s', { id: 'r1' })).start(INPUT);
    expect([run.status, run.now, run.calls()]).toEqual(['running', '2026-01-01T00:00:00.000Z', []]);
    await run.advance('20s');
    expect([run.now, run.task('charge').status]).toEqual(['2026-01-01T00:00:20.000Z', 'running']);
    await run.advance('1h');
    expect([run.now, run.status, run.took]).toEqual(['2026-01-01T01:00:20.000Z', 'succeeded', '40.014s']);
  });

  test('it is cancelled, and its handlers are told', async () => {
    const seen: boolean[] = [];
    const run = await orders(async (_input, attempt) => {
      await attempt.sleep('40s').finally(() => seen.push(attempt.signal.aborted));
      return {};
    }).start(INPUT);
    await run.advance('20s');
    await run.cancel({ by: 'ann', reason: 'a slip' });
    expect([run.status, run.task('charge').status, seen]).toEqual(['cancelled', 'cancelled', [true]]);
    expect(run.tookMs).toBeLessThan(20_100);
    expect((await refusal((async () => run.cancel())())).message).toBe(
      'the run has ended (cancelled): it cannot be cancelled any more',
    );
  });

  test('a handler that does not listen goes on to its end', async () => {
    const run = await orders(takes('40s', { id: 'r1' }, { ignoresCancel: true })).start(INPUT);
    await run.advance('20s');
    await run.cancel();
    expect([run.status, run.task('charge').status]).toEqual(['cancelled', 'succeeded']);
    expect(run.tookMs).toBeGreaterThan(40_000);
  });

  test('it is paused and resumed', async () => {
    const run = await orders(takes('10s', { id: 'r1' })).start(INPUT);
    await run.advance('5s');
    await run.pause({ by: 'ann' });
    expect([run.status, run.waitingFor[0]]).toEqual(['paused', { kind: 'resume' }]);
    await run.advance('1h');
    await run.resume();
    expect([run.status, run.timeline.filter(({ task }) => task === null).map(({ text }) => text)]).toEqual([
      'succeeded',
      ['starts', 'is paused', 'is resumed', 'succeeded'],
    ]);
    expect((await refusal((async () => run.resume())())).code).toBe('WRONG_STATE');
  });

  test('it is taken up again from what failed', async () => {
    let isFixed = false;
    const run = await orders(() => (isFixed ? { id: 'r2' } : fails('CARD_DECLINED')({}, {} as never))).run(INPUT);
    expect(run.status).toBe('failed');
    isFixed = true;
    await run.retry({ by: 'ann' });
    expect([run.status, run.output, run.calls('stock.reserve').length]).toEqual(['succeeded', { receipt: 'r2' }, 1]);
    expect((await refusal((async () => run.retry())())).code).toBe('WRONG_STATE');
  });

  test('a wait for a retry is cut short', async () => {
    const document = 'workflow: w\ntasks: { a: { call: x, retry: { initialInterval: 1h, jitter: none } } }';
    const run = await testWorkflow(document, { handlers: { x: failTimes(1, 'BUSY', 1) } }).start();
    await run.advance('1m');
    expect(run.waitingFor).toEqual([{ kind: 'time', task: 'a', until: '2026-01-01T01:00:00.012Z' }]);
    await run.retryNow('a', { by: 'ann' });
    expect([run.status, run.took]).toEqual(['succeeded', '1m0.012s']);
    expect((await refusal((async () => run.retryNow('a'))())).message).toBe('task "a" is succeeded, not retrying');
  });

  test('a parked task waits for a decision', async () => {
    const document =
      'workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: 1, onExhausted: park } } }\noutput: "${{ tasks.a.output }}"';
    const run = await testWorkflow(document, { handlers: { x: fails('E') } }).run();
    expect([run.status, run.waitingFor]).toEqual([
      'running',
      [{ kind: 'decision', task: 'a', error: { code: 'E', message: 'E happened' } }],
    ]);
    await run.resolve('a', { outcome: 'succeeded', output: 5, by: 'ann' });
    expect([run.status, run.output]).toEqual(['succeeded', 5]);
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
