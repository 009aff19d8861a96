import { describe, expect, test } from '@jest/globals';
import { INPUT, orders, refusal } from '../../test/played-orders.js';
import { fails, failTimes, takes, testWorkflow } from './index.js';

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
