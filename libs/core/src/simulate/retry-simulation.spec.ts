import { describe, expect, test } from '@jest/globals';
import { ENGINE_RETRY, FIRST_WHY, type PartialRetryPolicy, type WhyEnded, type WhyWait } from '../retry/index.js';
import { replay } from './course.js';
import { declaredRetry, type RecordedAttempt, type RecordedTask } from './recorded-task.js';
import { RetrySimulation, type SimulationReport } from './retry-simulation.js';

const START = 1_700_000_000_000;
const POLICY: PartialRetryPolicy = { maximumAttempts: 3, initialIntervalMs: 1_000, jitter: 'none' };

const backoff = (retry: number, over: Partial<Extract<WhyWait, { from: 'backoff' }>> = {}) => {
  const delayMs = 1_000 * 2 ** (retry - 1);
  const formula = { backoff: 'exponential', initialMs: 1_000, coefficient: 2, retry, rawMs: delayMs, capMs: 100_000 } as const;
  return { from: 'backoff', ...formula, jitter: 'none', unit: 0.25, delayMs, ...over } as const;
};

function why(attempt: number, code: string, over: object = {}): WhyEnded {
  const facts = { reason: 'failure', attempt, code, rule: null, count: attempt, limit: 3, elapsedMs: 0, holds: 0 };
  return { ...facts, action: 'retry', spent: null, wait: backoff(attempt), ...over } as WhyEnded;
}

const END = { action: 'fail', spent: 'maximumAttempts', wait: null };

/** Fails with each code, a second long each; `!` in front: the last one, given up. Then `ok` succeeds. */
function task(codes: readonly string[], status: RecordedTask['status'] = 'succeeded', at = START): RecordedTask {
  const attempts: RecordedAttempt[] = [];
  let startedAt = at;
  for (const [index, code] of codes.entries()) {
    const endedAt = startedAt + 1_000;
    const isLast = code.startsWith('!');
    const verdict = isLast ? why(index + 1, code.slice(1), END) : why(index + 1, code);
    attempts.push(
      code === 'ok'
        ? { outcome: 'succeeded', startedAt, endedAt, verdict: null }
        : { outcome: 'failed', startedAt, endedAt, verdict },
    );
    startedAt = endedAt + 1_000 * 2 ** index;
  }
  return { attempts, status, retry: POLICY, deadlineAt: null };
}

const times = (count: number, codes: readonly string[], status: RecordedTask['status'] = 'succeeded'): RecordedTask[] =>
  Array.from({ length: count }, (_, index) => task(codes, status, START + index * 10_000));

function simulate(tasks: readonly RecordedTask[], proposal: PartialRetryPolicy): SimulationReport {
  const simulation = new RetrySimulation(proposal);
  for (const each of tasks) simulation.add(each);
  return simulation.report();
}

const adviceOf = (report: SimulationReport) => report.advice.map(({ kind, text }) => `${kind}: ${text}`);

describe('a simulation', () => {
  test('of nothing says nothing', () => {
    const nothing = { succeeded: 0, failed: 0, parked: 0, unknown: 0, calls: 0 };
    const report = simulate([], POLICY);
    expect(report.before).toEqual({ ...nothing, successRate: null, addedLatencyMs: null, peakRetries: null });
    expect(report).toMatchObject({ tasks: 0, attempts: 0, codes: [], advice: [] });
  });

  test('tells what fewer attempts save and what they cost', () => {
    const report = simulate([...times(3, ['ok']), ...times(4, ['A', 'A', 'ok']), ...times(3, ['A', 'A', '!A'], 'failed')], {
      maximumAttempts: 2,
    });
    expect(report.before).toMatchObject({ succeeded: 7, failed: 3, calls: 24, addedLatencyMs: { mean: 3_000, p95: 3_000 } });
    expect(report.after).toMatchObject({ succeeded: 3, failed: 7, calls: 17, addedLatencyMs: { mean: 1_000, p95: 1_000 } });
    expect(report.callsSaved).toBe(7);
    expect(report.givenUp).toEqual([{ code: 'A', tasks: 4, latestAttempt: 3 }]);
    expect(adviceOf(report)).toEqual([
      'gives-up: 4 tasks that succeeded, by attempt 3 at the latest, would not: given up after A',
    ]);
  });

  test('counts what no recording tells as unknown, and estimates it by what came of the same attempt after the same code', () => {
    const recorded = [...times(6, ['A', 'ok']), ...times(4, ['A', '!B'], 'failed'), ...times(2, ['!A'], 'failed')];
    const { after, estimate, advice } = simulate(recorded, { maximumAttempts: 9 });
    expect(after).toMatchObject({ succeeded: 6, unknown: 6, failed: 0, calls: 28, successRate: { least: 0.5, most: 1 } });
    expect(estimate).toEqual({ succeeded: 1.2, fromAttempt: 2, fromCode: 0, unfounded: 4 });
    expect(advice).toEqual([
      {
        kind: 'beyond',
        code: null,
        text: '6 tasks would be tried more often than recorded: about 1.2 of 2 would succeed at once',
        numbers: { unknown: 6, estimated: 2, succeeded: 1.2 },
      },
    ]);
    const late = simulate([...times(10, ['A', 'ok']), ...times(1, ['A', '!A'], 'failed')], { maximumAttempts: 9 });
    expect(late.estimate).toMatchObject({ fromAttempt: 0, fromCode: 1, unfounded: 0 });
    expect(late.estimate.succeeded).toBeCloseTo(10 / 11);
    expect(adviceOf(simulate(times(1, ['!A'], 'failed'), { maximumAttempts: 9 }))).toEqual([
      'beyond: 1 task would be tried more often than recorded: nothing recorded tells how that ends',
    ]);
  });

  test('advises against retries that never help, from where they stop helping', () => {
    const declined = times(10, ['DECLINED', 'DECLINED', '!DECLINED'], 'failed');
    const [hopeless] = simulate(declined, {}).advice;
    expect(hopeless).toEqual({
      kind: 'hopeless',
      code: 'DECLINED',
      text: 'attempts 2–3 never succeeded after DECLINED (20 tried): make it non-retryable',
      numbers: { from: 2, to: 3, retried: 20 },
    });
    expect(simulate(declined, { nonRetryable: ['DECL*'] }).advice).toEqual([]);
    expect(simulate(declined, { maximumAttempts: 1 }).advice).toEqual([]);
    expect(simulate(declined.slice(0, 4), {}).advice).toEqual([]);
    const slow = [...times(2, ['A', 'ok']), ...times(10, ['A', 'A', '!A'], 'failed')];
    expect(adviceOf(simulate(slow, {}))).toEqual([
      'too-many: attempt 3 never succeeded after A (10 tried), 2 of 22 retries did until then: 2 attempts are enough for it',
    ]);
    expect(adviceOf(simulate(slow, { maximumAttempts: 2 }))).toEqual([]);
  });

  test('warns of retries that would come closer together', () => {
    const apart = Array.from({ length: 8 }, (_, index) => {
      const endedAt = START + 10;
      const unit = index / 8;
      const verdict = why(1, 'A', { wait: backoff(1, { jitter: 'full', unit, delayMs: 1_000 * (index + 1) }) });
      const again = endedAt + 1_000 * (index + 1);
      return {
        attempts: [
          { outcome: 'failed', startedAt: START, endedAt, verdict },
          { outcome: 'succeeded', startedAt: again, endedAt: again + 5, verdict: null },
        ],
        status: 'succeeded',
        retry: {},
        deadlineAt: null,
      } satisfies RecordedTask;
    });
    const report = simulate(apart, { jitter: 'none' });
    expect(report.before.peakRetries).toEqual({ perSecond: 1, at: START + 1_000 });
    expect(report.after.peakRetries).toEqual({ perSecond: 8, at: START + 1_000 });
    expect(report.advice).toMatchObject([{ kind: 'peak', numbers: { before: 1, after: 8 } }]);
    expect(simulate(apart.slice(0, 4), { jitter: 'none' }).advice).toEqual([]);
  });

  test('lists what failed most first, late attempts together, and does not grow with codes that are made up', () => {
    const many = Array.from({ length: 60 }, (_, index) => task([`C${String(index).padStart(2, '0')}`, 'ok']));
    const { codes } = simulate([...times(2, ['Z', 'ok']), ...times(2, ['Y', 'ok']), ...many], {});
    expect(codes).toHaveLength(51);
    expect(codes.slice(0, 3)).toMatchObject([{ code: '(other)', failures: 12 }, { code: 'Y' }, { code: 'Z', recovered: 2 }]);
    const long = simulate([task([...Array.from({ length: 24 }, () => 'A'), 'ok'])], {});
    expect(long.codes[0]?.byAttempt.at(-1)).toEqual({ attempt: 20, retried: 6, recovered: 1 });
  });

  test('names what is given up by code, the most first', () => {
    const recorded = [...times(1, ['B', 'ok']), ...times(2, ['A', 'ok']), ...times(1, ['C', 'C', 'ok'])];
    expect(simulate(recorded, { maximumAttempts: 1 }).givenUp).toEqual([
      { code: 'A', tasks: 2, latestAttempt: 2 },
      { code: 'B', tasks: 1, latestAttempt: 2 },
      { code: 'C', tasks: 1, latestAttempt: 3 },
    ]);
    const later = [...times(1, ['B', 'ok']), ...times(1, ['A', 'ok'])];
    expect(simulate(later, { maximumAttempts: 1 }).givenUp.map(({ code }) => code)).toEqual(['A', 'B']);
  });
});

describe('what no policy was asked about', () => {
  const first = { startedAt: START, endedAt: START + 10 };
  const of = (attempts: readonly RecordedAttempt[], status: RecordedTask['status']): RecordedTask => ({
    attempts,
    status,
    retry: POLICY,
    deadlineAt: null,
  });

  test('ends as it did: in doubt, its queue time over, handed back and never taken again', () => {
    const doubt = of([{ outcome: 'in_doubt', ...first, verdict: null }], 'parked');
    const settled = of([{ outcome: 'in_doubt', ...first, verdict: null }], 'succeeded');
    const never = of([{ outcome: 'timeout', startedAt: null, endedAt: START, verdict: null }], 'failed');
    const back = { outcome: 'cancelled', ...first, verdict: { reason: 'handed-back', executor: null, attempt: 1 } } as const;
    const { before, after, deviating } = simulate([doubt, settled, never, of([back], 'failed')], { maximumAttempts: 0 });
    expect(before).toMatchObject({ parked: 2, failed: 2, calls: 3 });
    expect({ after, deviating }).toEqual({ after: before, deviating: 0 });
  });

  test('an attempt that was never executed is no call, and takes no time', () => {
    const late = of(
      [
        { outcome: 'timeout', startedAt: null, endedAt: START, verdict: why(1, 'TIMEOUT') },
        { outcome: 'timeout', startedAt: null, endedAt: START + 1_000, verdict: why(2, 'TIMEOUT', END) },
      ],
      'failed',
    );
    const { before, after } = simulate([late], { maximumAttempts: 2 });
    expect(before).toMatchObject({ calls: 0, peakRetries: { at: START + 1_000 } });
    expect(after).toEqual(before);
  });

  test('what a person had tried again counts as another task', () => {
    const again = of(
      [
        { outcome: 'failed', ...first, verdict: why(1, 'A', { ...END, action: 'park' }) },
        { outcome: 'succeeded', startedAt: START + 60_000, endedAt: START + 60_010, verdict: null },
      ],
      'succeeded',
    );
    expect(simulate([again], { maximumAttempts: 1 })).toMatchObject({
      tasks: 2,
      deviating: 1,
      before: { succeeded: 1, parked: 1 },
      after: { succeeded: 1, parked: 1 },
    });
  });

  test('a task without attempts is none', () => {
    expect(simulate([of([], 'failed')], {}).tasks).toBe(0);
    expect(() => replay(of([], 'failed'), ENGINE_RETRY)).toThrow('without attempts');
  });
});

test('what a handler declared of itself is read from the verdicts', () => {
  const verdicts: readonly (WhyEnded | typeof FIRST_WHY)[] = [
    why(1, 'A', { limit: 8, rule: { from: 'retryOn', pattern: 'A' }, wait: backoff(1, { capMs: 5_000 }) }),
    why(2, 'B', { limit: 2, rule: { from: 'policies', index: 0, pattern: 'B' } }),
    why(3, 'C', { limit: 8, rule: { from: 'nonRetryable', pattern: 'C' }, ...END, action: 'park' }),
    FIRST_WHY,
  ];
  const attempts = verdicts.map((verdict) => ({ outcome: 'failed', startedAt: START, endedAt: START, verdict }) as const);
  const recorded: RecordedTask = { attempts, status: 'failed', retry: {}, deadlineAt: null };
  expect(declaredRetry(recorded)).toEqual({
    maximumAttempts: 8,
    initialIntervalMs: 1_000,
    backoff: 'exponential',
    backoffCoefficient: 2,
    maximumIntervalMs: 5_000,
    jitter: 'none',
    nonRetryable: ['C'],
    retryOn: ['A'],
    onExhausted: 'park',
  });
  const refused = why(1, 'D', { ...END, spent: 'not-in-retryOn' });
  const alone = { ...recorded, attempts: [{ outcome: 'failed', startedAt: START, endedAt: START, verdict: refused } as const] };
  expect(declaredRetry(alone)).toEqual({ maximumAttempts: 3, retryOn: [] });
});

test('losses keep a budget of their own, and no advice is given about them', () => {
  const lost = { reason: 'lost', limit: 5, wait: backoff(1) };
  const recorded = Array.from(
    { length: 12 },
    (): RecordedTask => ({
      attempts: [
        { outcome: 'lost', startedAt: START, endedAt: START + 10, verdict: why(1, 'LOST', lost) },
        { outcome: 'failed', startedAt: START + 1_010, endedAt: START + 1_020, verdict: why(2, 'A', { ...END, count: 1 }) },
      ],
      status: 'failed',
      retry: { maximumAttempts: 1 },
      deadlineAt: null,
    }),
  );
  const { after, codes, advice, deviating } = simulate(recorded, { maximumAttempts: 1 });
  expect({ calls: after.calls, deviating, advice }).toEqual({ calls: 24, deviating: 0, advice: [] });
  expect(codes.map(({ code }) => code)).toEqual(['A', 'LOST']);
});
