import { describe, expect, test } from '@jest/globals';
import { type Fates, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';
import type { DependencyPolicy } from '../../admission/index.js';

/** The first tickets and alarms are lost; announcements come later. */
const losing = (count: number): Fates => {
  let sent = 0;
  return { ...ORDERLY, message: () => (++sent > count ? 'once' : 'lost') };
};
const neverTaken = { ...ORDERLY, attempt: () => 'held' as const };
const timedOut = (kind: string) => ({ code: 'TIMEOUT', details: { kind } });

describe('timeout.attempt', () => {
  test('is an ordinary failure: it is retried by policy', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: 5s, retry: { maximumAttempts: 2 } } }', {
      handler: () => succeedWith(1, 6_000),
    }).toRest();
    expect(run.attemptsOf('a').map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout']);
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('attempt') });
  });
});

describe('timeout.queue', () => {
  test('ends a task that no executor takes, without a retry', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { queue: 5s } } }', {
      fates: losing(2),
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('queue') });
    expect(run.attemptsOf('a')).toMatchObject([{ attempt: 1, outcome: 'timeout', startedAt: null }]);
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeGreaterThanOrEqual(5_000);
  });

  test('counts from the first ticket of the attempt, also when that is put back again and again', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { queue: 5s } } }', {
      fates: neverTaken,
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('queue') });
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBe(5_000);
  });

  test('counts anew for the next attempt', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { call: x.a, timeout: { queue: 5s }, retry: { initialInterval: 10s } } }',
      {
        handler: ({ failures }) => (failures === 0 ? failWith('NO', { afterMs: 4_000 }) : succeedWith(1)),
      },
    ).toRest();
    expect(run.run.status).toBe('succeeded');
  });
});

describe('timeout.queue of an attempt that the scheduler itself holds', () => {
  const after = (task: string) => `workflow: w
tasks:
  - { id: first, sleep: 1s }
  - { id: all, forEach: { in: [0, 1], tolerate: 100% }, call: x.a, timeout: { attempt: 1h, queue: 5s }${task} }`;
  const slow = () => succeedWith(1, 60_000);
  const bank = (policy: DependencyPolicy) =>
    Interpreter.of(after(', dependency: bank, retry: { maximumAttempts: 2, initialInterval: 2s, jitter: none }'), {
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
      guards: { policy },
    }).toRest();

  test('goes on while its handler runs as often as it may', () => {
    const limits = { 'x.a': { rate: null, concurrency: 1 } };
    const guards = { policy: { breaker: null, budget: null }, limits };
    const run = Interpreter.of(after(''), { handler: slow, guards }).toRest();
    expect(['all[0]', 'all[1]'].map((path) => run.statusOf(path))).toEqual(['succeeded', 'failed']);
    expect(run.task('all[1]')).toMatchObject({ error: timedOut('queue') });
    expect(run.task('all[1]')!.endedAt! - run.run.createdAt).toBe(6_000);
  });

  test('goes on while the breaker of its dependency is open, and while its retry budget is spent', () => {
    const breaker = { failurePercent: 50, minimumCalls: 2, windowMs: 30_000, openMs: 20_000, longestOpenMs: 20_000 };
    const open = bank({ breaker: { ...breaker, canaries: 1, canaryMs: 30_000 }, budget: null });
    const spent = bank({ breaker: null, budget: { percent: 0, floorPerSecond: 0.1 } });
    for (const [run, path] of [
      [open, 'all[0]'],
      [open, 'all[1]'],
      [spent, 'all[1]'],
    ] as const) {
      expect(run.task(path)).toMatchObject({ status: 'failed', attempt: 2, error: timedOut('queue') });
      // Counted from when the second attempt was to start.
      expect(run.task(path)!.endedAt! - run.run.createdAt).toBeLessThan(9_000);
    }
    expect(spent.statusOf('all[0]')).toBe('succeeded');
  });

  test('does not begin while its rate has no room', () => {
    const run = Interpreter.of(after(', rateLimit: { max: 1, per: 1m }')).toRest();
    expect(run.run.status).toBe('succeeded');
    expect(run.run.endedAt! - run.run.createdAt).toBeGreaterThan(60_000);
  });
});

describe('timeout.total', () => {
  test('ends a task that waits for a retry no later than it is over', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { call: x.a, timeout: { total: 20s }, retry: { maximumAttempts: 0, initialInterval: 3s, jitter: none, backoff: fixed } } }',
      {
        handler: () => failWith('NO'),
      },
    ).toRest();
    expect(run.attemptsOf('a').at(-1)?.verdict).toMatchObject({ spent: 'deadline' });
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeLessThan(20_000);
  });

  test('ends one that is never taken', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { total: 8s } } }', {
      fates: neverTaken,
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('total') });
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBe(8_000);
  });

  test('ends one whose tickets are all lost', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { total: 8s } } }', { fates: losing(2) }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('total') });
  });

  test('ends one that is handed back when it is over', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { total: 8s } } }', {
      fates: { ...ORDERLY, attempt: () => 'lateAnswer' },
      handler: () => ({ outcome: { kind: 'cancelled' } }),
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('total') });
    expect(run.executor.claims).toHaveLength(1);
  });

  test('that an attempt runs into is final', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, timeout: { total: 8s } } }', {
      handler: () => succeedWith(1, 60_000),
    }).toRest();
    expect([run.run.error?.details, run.executor.claims.length]).toEqual([{ kind: 'total' }, 1]);
  });
});

describe('timeout of the run', () => {
  const document = 'workflow: w\ntimeout: 10s\ntasks: { a: { call: x.a }, b: { needs: [a], runWhen: done, call: x.b } }';

  test('fails it with TIMEOUT once what runs has stopped; nothing else starts', () => {
    const run = Interpreter.of(document, { handler: () => succeedWith(1, 60_000) }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: timedOut('run') });
    expect([run.statusOf('a'), run.statusOf('b')]).toEqual(['cancelled', 'cancelled']);
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeLessThan(11_000);
  });

  test('is no business of a run that ended in time, nor before its time, nor after a cancel', () => {
    const early = Interpreter.of(document).toRest();
    expect(early.run.status).toBe('succeeded');
    const running = Interpreter.of(document, { handler: () => ({ ...succeedWith(1, 60_000), ignoresCancel: true }) }).advance(
      1_000,
    );
    expect(running.decide([{ kind: 'look' }]).applied).toEqual(['stale']);
    running.send({ kind: 'cancel', reason: null, by: null }).advance(20_000);
    expect(running.decide([{ kind: 'look' }]).applied).toEqual(['stale']);
    expect(running.toRest().run.status).toBe('cancelled');
  });

  test('overrides a failure that is still being cleaned up', () => {
    const run = Interpreter.of(document, {
      handler: ({ call }) => (call === 'x.a' ? failWith('NO', { retryable: false }) : succeedWith(1, 60_000)),
    }).toRest();
    expect([run.run.error?.code, run.statusOf('b')]).toEqual(['TIMEOUT', 'cancelled']);
  });

  test('no retry is scheduled that could not start before it', () => {
    const run = Interpreter.of(document.replace('call: x.a', 'call: x.a, retry: { initialInterval: 1h }'), {
      handler: () => failWith('NO', { retryable: true }),
    }).toRest();
    expect(run.attemptsOf('a').at(-1)?.verdict).toMatchObject({ spent: 'deadline' });
  });

  test('is the nearer of two deadlines, or the farther', () => {
    for (const total of ['5s', '1h']) {
      const text = document.replace(
        'call: x.a',
        `call: x.a, timeout: { total: ${total} }, retry: { initialInterval: 8s, jitter: none, maximumAttempts: 9, backoff: fixed }`,
      );
      const run = Interpreter.of(text, { handler: () => failWith('NO') }).toRest();
      expect(run.attemptsOf('a').at(-1)?.verdict).toMatchObject({ spent: 'deadline' });
    }
  });
});

describe('sleep', () => {
  const play = (task: string, input: string | number = 'x') =>
    Interpreter.of(`workflow: w\ntasks: { a: { ${task} } }`, { input }).toRest();
  const lasted = (run: Interpreter) => (run.run.endedAt ?? 0) - run.run.createdAt;

  test('ends when it is due', () => {
    expect(lasted(play('sleep: 5m'))).toBe(300_000);
  });

  test('may take its duration or its instant from an expression', () => {
    expect(lasted(play('sleep: "${{ input }}"', '90s'))).toBe(90_000);
    expect(lasted(play('sleepUntil: "${{ input }}"', '2026-01-01T01:00:00Z'))).toBe(3_600_000);
  });

  test('takes every way of writing an instant that a document may have', () => {
    for (const written of ['2026-01-01 01:00:00Z', '2026-01-01t01:00z', '2026-01-01T02:00:00.000000000+01:00'])
      expect([written, lasted(play(`sleepUntil: "${written}"`))]).toEqual([written, 3_600_000]);
  });

  test('of no time, or until what is past, ends at once', () => {
    expect(lasted(play('sleep: 0s'))).toBe(0);
    expect(lasted(play('sleepUntil: "2020-01-01T00:00:00Z"'))).toBe(0);
  });

  test('a long one costs the broker nothing until shortly before its end', () => {
    const run = play('sleep: 30d');
    expect(lasted(run)).toBe(30 * 86_400_000);
    expect(run.messages.filter(({ kind }) => kind === 'alarm')).toHaveLength(1);
    expect(run.decisions).toHaveLength(3);
  });

  test('whose alarm is lost is ended by the watch, two seconds late', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { sleep: 5m } }', { fates: losing(2) }).toRest();
    expect(lasted(run)).toBe(302_001);
  });

  test('whose alarm rings early is set again', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { sleep: 5m } }', {
      fates: { ...ORDERLY, message: () => 'early' },
    }).toRest();
    expect(lasted(run)).toBeGreaterThanOrEqual(300_000);
  });
});
