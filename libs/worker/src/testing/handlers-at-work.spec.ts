import { describe, expect, test } from '@jest/globals';
import { INPUT, ORDERS, orders, refusal, stock } from '../../test/played-orders.js';
import { hangs, inTurn, loseTimes, takes, testWorkflow } from './index.js';

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
