import { describe, expect, test } from '@jest/globals';
import { failWith, fatesFrom, Interpreter, ORDERLY, type SimulatedHandler, succeedWith } from '@reprise/testing';
import fc from 'fast-check';
import type { DependencyPolicy, HandlerLimits } from '../admission/index.js';
import { explainWhy } from '../retry/index.js';

const BREAKER = {
  failurePercent: 50,
  minimumCalls: 5,
  windowMs: 30_000,
  openMs: 5_000,
  longestOpenMs: 60_000,
  canaries: 2,
  canaryMs: 30_000,
};
const policy: DependencyPolicy = { breaker: BREAKER, budget: null };
const list = (length: number) => Array.from({ length }, (_, index) => index);

const wide = (more: string) =>
  `workflow: w\ntasks: { all: { forEach: { in: '\${{ input }}', tolerate: 100% }, call: bank.pay${more} } }`;
const BANK = ', dependency: bank, retry: { initialInterval: 1s, backoff: fixed, jitter: none, maximumAttempts: 4 }';

/** Fails until it is mended, by the number of calls it gets. */
function bankDownFor(calls: number, code = 'http.503'): { readonly handler: SimulatedHandler; readonly made: () => number } {
  let made = 0;
  const handler: SimulatedHandler = () => {
    made += 1;
    return made <= calls ? failWith(code) : succeedWith({});
  };
  return { handler, made: () => made };
}

describe('attempts of calls whose dependency is down', () => {
  test('wait without being used up until its breaker has closed; each says why it waited, and how it was let through', () => {
    const bank = bankDownFor(25);
    const run = Interpreter.of(wide(BANK), { input: list(25), handler: bank.handler, guards: { policy } }).toRest();
    expect(run.run.status).toBe('succeeded');
    // 25 fail together; the retries wait for the canaries, so nothing is called in vain any more.
    expect(bank.made()).toBe(50);
    const tasks = list(25).map((index) => run.task(`all[${index}]`));
    expect(tasks.map((task) => task?.attempt)).toEqual(list(25).map(() => 2));
    expect(tasks.map((task) => task?.status)).toEqual(list(25).map(() => 'succeeded'));
    const canaries = tasks.filter((task) => task?.why?.reason === 'released' && task.why.as === 'canary');
    const waves = tasks.filter((task) => task?.why?.reason === 'released' && task.why.as === 'wave');
    expect(canaries).toHaveLength(2);
    expect(waves.length).toBeGreaterThan(10);
    expect(canaries[0]?.why).toMatchObject({ dependency: 'bank', before: { reason: 'failure', attempt: 1 } });
    expect(canaries[0]?.why === undefined || canaries[0].why === null ? '' : explainWhy(canaries[0].why)).toMatch(
      /^let through as a canary by the half-open breaker of bank; attempt 2 waits 1s/,
    );
    expect((run.run.endedAt ?? 0) - (run.run.startedAt ?? 0)).toBeGreaterThanOrEqual(5_000);
  });

  test('say what they wait for while they do', () => {
    const run = Interpreter.of(wide(BANK), { input: list(10), handler: () => failWith('http.503'), guards: { policy } });
    run.advance(3_000);
    const why = run.task('all[3]')?.why;
    expect(why).toMatchObject({ reason: 'hold', hold: 'BREAKER_OPEN', before: { reason: 'failure' } });
    expect(why === undefined || why === null ? '' : explainWhy(why)).toMatch(
      /^put back uncounted, waits .*: the circuit breaker of its dependency is open: \d+ of \d+ calls within 30 s failed, the last with http.503 \(BREAKER_OPEN\); hold 1$/,
    );
    expect(run.dependency('bank').breaker.state).toBe('open');
  });

  test('that were on their way already are sent back by executors, and wait like all others', () => {
    const run = Interpreter.of(wide(BANK), {
      input: list(10),
      handler: () => failWith('http.503'),
      guards: { policy },
    });
    run.advance(3_000);
    const fresh = Interpreter.of(wide(BANK), { input: list(1), handler: () => failWith('A'), guards: { policy } });
    const ready = fresh.task('all[0]');
    if (ready === null) throw new Error('no such task');
    const { node, at, fence } = ready;
    const decided = fresh.decide([{ kind: 'hold', node, at, fence, reason: 'BREAKER_OPEN' }]);
    // The ledger says that the breaker has closed meanwhile: it goes on its way again, and says that it may.
    expect(decided.tasks[0]).toMatchObject({ status: 'ready', why: null, memory: { pass: { attempt: 1 } } });
  });

  test('that were let through and then put back say once that they were, and why they are made', () => {
    const bank = bankDownFor(10);
    let taken = 0;
    const run = Interpreter.of(wide(BANK), {
      input: list(10),
      handler: bank.handler,
      fates: { ...ORDERLY, attempt: () => (++taken > 10 && taken <= 12 ? 'held' : 'prompt') },
      guards: { policy },
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    const released = list(10).flatMap((index) => {
      const why = run.task(`all[${index}]`)?.why;
      return why?.reason === 'released' ? [why.before] : [];
    });
    expect(released.length).toBeGreaterThan(0);
    expect(released.map((before) => before?.reason)).toEqual(released.map(() => 'failure'));
  });

  test('that the ledger answers call nobody, and say nothing of it', () => {
    const answer = succeedWith({});
    const handler: SimulatedHandler = () => ({
      ...answer,
      outcome: { ...answer.outcome, fromLedger: true } as typeof answer.outcome,
    });
    const run = Interpreter.of(wide(BANK), { input: list(3), handler, guards: { policy } }).toRest();
    expect(run.dependency('bank').seconds).toEqual([]);
  });

  test('are explained also where nothing had gone wrong before', () => {
    const why = { reason: 'released', as: 'wave', dependency: 'bank', before: null } as const;
    expect(explainWhy(why)).toBe('let through with a wave of those that waited for the breaker of bank');
  });

  test('end by their total time if that comes first', () => {
    const total = BANK.replace('maximumAttempts: 4 }', 'maximumAttempts: 0 }, timeout: { total: 4s }');
    const run = Interpreter.of(wide(total), {
      input: list(10),
      handler: () => failWith('http.503'),
      guards: { policy },
    }).toRest();
    expect(run.task('all[0]')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', details: { kind: 'total' } } });
  });

  test.each([
    ['an answer that is no is an answer', ', nonRetryable: [DECLINED] }', 'DECLINED', 'closed'],
    ['one that is not retried either', ', retryOn: [http.*] }', 'DECLINED', 'closed'],
    ['a failure counts, also the last one', ', maximumAttempts: 1 }', 'DECLINED', 'open'],
  ])('%s', (_, retry, code, state) => {
    const run = Interpreter.of(
      wide(`, dependency: bank, retry: { initialInterval: 1h${retry}`.replace('maximumAttempts: 1', 'maximumAttempts: 1')),
      {
        input: list(10),
        handler: () => failWith(code),
        guards: { policy },
      },
    ).advance(100);
    expect(run.dependency('bank').breaker.state).toBe(state);
  });

  test('are counted by the name of the call where every handler has a breaker, and not at all where none has', () => {
    const run = (dependencies: 'all' | 'named' | 'off', call = 'bank.pay', more = '') =>
      Interpreter.of(wide(`, retry: { maximumAttempts: 1 }${more}`).replace('bank.pay', call), {
        input: list(10),
        handler: () => failWith('A'),
        guards: { policy, dependencies },
      }).toRest();
    expect(run('all').dependency('bank.pay').breaker.state).toBe('open');
    expect(run('all', 'http', ', with: { url: x }').dependency('http').breaker.state).toBe('closed');
    expect(run('named').dependency('bank.pay').breaker.state).toBe('closed');
    expect(run('off', 'bank.pay', ', dependency: bank').dependency('bank').breaker.state).toBe('closed');
  });
});

describe('a retry budget', () => {
  const budget: DependencyPolicy = { breaker: null, budget: { percent: 10, floorPerSecond: 0.5 } };

  test('has retries wait for it, not first attempts, and counts nothing against them', () => {
    const bank = bankDownFor(100);
    const run = Interpreter.of(wide(BANK), { input: list(100), handler: bank.handler, guards: { policy: budget } });
    run.advance(2_500);
    const held = list(100).filter((index) => run.task(`all[${index}]`)?.why?.reason === 'hold');
    // Of 100 first attempts 10 may be retried within 10 s, and 5 besides.
    expect(held).toHaveLength(85);
    expect(run.task(`all[${held[0]}]`)?.why).toMatchObject({ hold: 'RETRY_BUDGET', detail: expect.stringContaining('10 %') });
    expect(run.task(`all[${held[0]}]`)?.attempt).toBe(2);
    run.toRest();
    expect(run.run.status).toBe('succeeded');
  });
});

describe('a handler of which only so many attempts may run at the same time', () => {
  const limits = { 'bank.pay': { rate: null, concurrency: 3 } };
  const guards = { policy: { breaker: null, budget: null }, limits };

  test('never runs more, and uses its places', () => {
    const run = Interpreter.of(wide(''), {
      input: list(30),
      handler: () => ({ ...succeedWith({}), afterMs: 100 }),
      guards,
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    // Ten rounds of three, told one another without waiting for a clock.
    expect((run.run.endedAt ?? 0) - (run.run.startedAt ?? 0)).toBeLessThan(5_000);
  });

  test('has those that wait say so', () => {
    const run = Interpreter.of(wide(''), { input: list(5), handler: () => ({ ...succeedWith({}), afterMs: 60_000 }), guards });
    run.advance(1_000);
    const waiting = list(5).flatMap((index) => {
      const why = run.task(`all[${index}]`)?.why;
      return why?.reason === 'hold' ? [explainWhy(why)] : [];
    });
    expect(waiting).toHaveLength(2);
    expect(waiting[0]).toMatch(/its handler runs as often as it may: 3 attempts of bank.pay run, of at most 3 \(CONCURRENCY\)/);
  });

  test('gives places back when attempts fail, are lost or their run is cancelled', () => {
    const bank = bankDownFor(20);
    const run = Interpreter.of(wide(', retry: { initialInterval: 10ms }'), {
      input: list(20),
      handler: bank.handler,
      guards,
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    const cancelled = Interpreter.of(wide(''), {
      input: list(10),
      handler: () => ({ ...succeedWith({}), afterMs: 60_000 }),
      guards,
    });
    cancelled.advance(1_000).send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect(cancelled.run.status).toBe('cancelled');
  });

  test('has the place of an attempt given back that was let go while nobody knew of the limit', () => {
    const known: Record<string, HandlerLimits> = { 'bank.pay': { rate: null, concurrency: 1 } };
    const run = Interpreter.of(wide(', rateLimit: { max: 100, per: 1s }'), {
      input: list(2),
      handler: () => ({ ...succeedWith({}), afterMs: 10_000 }),
      guards: { ...guards, limits: known },
    }).advance(1_000);
    const waiting = list(2).find((index) => run.task(`all[${index}]`)?.why?.reason === 'hold');
    expect(run.task(`all[${waiting}]`)?.memory?.pass).toMatchObject({ place: 'bank.pay' });
    delete known['bank.pay'];
    run.advance(15_000);
    expect(run.task(`all[${waiting}]`)).toMatchObject({ status: 'running', memory: { pass: { place: 'bank.pay' } } });
  });

  test('and its rate hold together, whatever becomes of messages, executors and schedulers', () => {
    const both = { 'bank.pay': { rate: { max: 4, perMs: 1_000 }, concurrency: 2 } };
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000 }), { maxLength: 200, size: 'max' }), (tape) => {
        const run = Interpreter.of(
          wide(`${BANK}, timeout: { heartbeat: 1h }`.replace('maximumAttempts: 4', 'maximumAttempts: 4, maximumLost: 100')),
          {
            input: list(12),
            fates: fatesFrom(tape),
            guards: { policy, limits: both },
          },
        ).toRest();
        expect(run.run.status).toBe('succeeded');
      }),
      { numRuns: 30 },
    );
  });

  test('that is no more when the wait for it is over holds nobody back', () => {
    const run = Interpreter.of(wide(''), { input: list(1), guards: { policy, limits: {} } });
    const ready = run.task('all[0]');
    if (ready === null) throw new Error('no such task');
    const { node, at, fence } = ready;
    run.send({ kind: 'hold', node, at, fence, reason: 'CONCURRENCY' }).toRest();
    expect(run.task('all[0]')).toMatchObject({ status: 'succeeded', why: null, memory: { holds: 1 } });
  });

  test('that executors know of before the scheduler does is waited for, and asked for when that is over', () => {
    const run = Interpreter.of(wide(''), { input: list(1), guards: { policy, limits: {} } });
    const ready = run.task('all[0]');
    if (ready === null) throw new Error('no such task');
    const { node, at, fence } = ready;
    const [held] = run.decide([{ kind: 'hold', node, at, fence, reason: 'CONCURRENCY' }]).tasks;
    expect(held).toMatchObject({ status: 'retrying', why: { hold: 'CONCURRENCY', before: null } });
    const known = Interpreter.of(wide(''), { input: list(1), guards });
    expect(known.decide([{ kind: 'hold', node, at, fence, reason: 'CONCURRENCY' }]).tasks[0]).toMatchObject({ status: 'ready' });
    expect(known.decide([{ kind: 'hold', node, at, fence, reason: 'BREAKER_OPEN' }]).tasks[0]).toMatchObject({
      status: 'retrying',
    });
  });
});
