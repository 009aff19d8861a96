import { describe, expect, test } from '@jest/globals';
import { type AttemptFailure, decideRetry, type RetryQuestion, type RetryVerdict } from './decide-retry.js';
import { NO_MEMORY, type RetryMemory } from './retry-memory.js';
import { type PartialRetryPolicy, resolveRetry } from './retry-policy.js';
import type { WhyEnded } from './why.js';

const START = 1_700_000_000_000;
const FAILED: AttemptFailure = { kind: 'failed', code: 'http.503', retryable: null, retryAfterMs: null };

interface Asked extends Partial<Omit<RetryQuestion, 'policy' | 'failure' | 'memory'>> {
  readonly policy?: PartialRetryPolicy;
  readonly failure?: Partial<AttemptFailure>;
  readonly memory?: Partial<RetryMemory>;
}

function ask({ policy, failure, memory, ...rest }: Asked = {}): RetryVerdict {
  return decideRetry({
    policy: resolveRetry(policy, { jitter: 'none' }),
    memory: memory === undefined ? null : { ...NO_MEMORY, ...memory },
    failure: { ...FAILED, ...failure },
    attempt: 1,
    startedAt: START,
    now: START + 500,
    deadlineAt: null,
    unit: 0.5,
    ...rest,
  });
}

function whyOf(verdict: RetryVerdict): WhyEnded {
  if (verdict.why.reason === 'failure' || verdict.why.reason === 'lost') return verdict.why;
  throw new Error(`a decision about a retry is about an attempt that ended, not ${verdict.why.reason}`);
}

/** `retry 1000`, or `park maximumElapsed`. */
function brief(verdict: RetryVerdict): string {
  return verdict.kind === 'retry' ? `retry ${verdict.delayMs}` : `${verdict.action} ${verdict.reason}`;
}

describe('maximumAttempts counts executions, the first included', () => {
  test.each([
    [3, 0, 'retry 1000'],
    [3, 1, 'retry 2000'],
    [3, 2, 'fail maximumAttempts'],
    [1, 0, 'fail maximumAttempts'],
    [0, 5_000, 'retry 100000'],
  ])('%d allowed, %d failed before', (maximumAttempts, failures, expected) => {
    expect(brief(ask({ policy: { maximumAttempts }, memory: { failures } }))).toBe(expected);
  });

  test('the first failure needs no memory and leaves one', () => {
    expect(ask().memory).toEqual({ failures: 1, lost: 0, holds: 0, rules: {}, firstStartedAt: START, lastDelayMs: 1_000 });
  });

  test('lost attempts do not count', () => {
    expect(brief(ask({ attempt: 6, memory: { failures: 1, lost: 4 } }))).toBe('retry 2000');
  });
});

describe('which failures are retried at all', () => {
  test.each<[string, PartialRetryPolicy, Partial<AttemptFailure>, string]>([
    ['nonRetryable matches', { nonRetryable: ['CARD_*'] }, { code: 'CARD_DECLINED' }, 'fail non-retryable'],
    ['the handler says no', {}, { retryable: false }, 'fail non-retryable'],
    ['the handler says yes, nonRetryable no', { nonRetryable: ['http.*'] }, { retryable: true }, 'fail non-retryable'],
    ['in retryOn', { retryOn: ['TIMEOUT', 'http.5*'] }, {}, 'retry 1000'],
    ['not in retryOn', { retryOn: ['TIMEOUT'] }, {}, 'fail not-in-retryOn'],
    ['the handler says yes, but not in retryOn', { retryOn: ['TIMEOUT'] }, { retryable: true }, 'fail not-in-retryOn'],
    ['in retryOn and in nonRetryable', { retryOn: ['http.*'], nonRetryable: ['http.503'] }, {}, 'fail non-retryable'],
    ['a rule cannot add to retryOn', { retryOn: ['TIMEOUT'], policies: [{ errors: ['*'] }] }, {}, 'fail not-in-retryOn'],
    ['onExhausted: park is not for what is never retried', { onExhausted: 'park' }, { retryable: false }, 'fail non-retryable'],
    ['nor for what retryOn leaves out', { onExhausted: 'park', retryOn: ['X'] }, {}, 'fail not-in-retryOn'],
    ['the handler asked for a wait and said no', {}, { retryable: false, retryAfterMs: 5 }, 'fail non-retryable'],
  ])('%s', (_name, policy, failure, expected) => {
    expect(brief(ask({ policy, failure }))).toBe(expected);
  });

  test('what decided is recorded', () => {
    const rule = (asked: Asked): unknown => whyOf(ask(asked)).rule;
    expect(rule({ policy: { nonRetryable: ['X', 'http.5*'] } })).toEqual({ from: 'nonRetryable', pattern: 'http.5*' });
    expect(rule({ failure: { retryable: false } })).toEqual({ from: 'handler' });
    expect(rule({ policy: { retryOn: ['http.*'] } })).toEqual({ from: 'retryOn', pattern: 'http.*' });
    expect(rule({ policy: { retryOn: ['X'] } })).toBeNull();
    expect(rule({})).toBeNull();
  });
});

describe('a rule of policies', () => {
  const policies = [
    { errors: ['http.429'], maximumAttempts: 5, initialIntervalMs: 7_000 },
    { errors: ['http.*', 'TIMEOUT'], maximumAttempts: 2, onExhausted: 'park' as const },
  ];

  test('is the first that matches, and keeps what it does not say', () => {
    expect(brief(ask({ policy: { policies, initialIntervalMs: 300 }, failure: { code: 'http.429' } }))).toBe('retry 7000');
    expect(brief(ask({ policy: { policies, initialIntervalMs: 300 }, failure: { code: 'TIMEOUT' } }))).toBe('retry 300');
    expect(whyOf(ask({ policy: { policies } })).rule).toEqual({ from: 'policies', index: 1, pattern: 'http.*' });
  });

  test('counts its own failures only, and its waits grow with them', () => {
    const memory = { failures: 4, rules: { 0: 2 }, firstStartedAt: START, lastDelayMs: 9 };
    const again = ask({ policy: { policies }, failure: { code: 'http.429' }, memory });
    expect(brief(again)).toBe('retry 28000');
    expect(again.memory).toEqual({ ...NO_MEMORY, ...memory, failures: 5, rules: { 0: 3 }, lastDelayMs: 28_000 });
    expect(whyOf(again)).toMatchObject({ count: 3, limit: 5 });
  });

  test('leaves the failures it counted out of the counter of the policy', () => {
    const memory = { failures: 5, rules: { 0: 4, 1: 1 } };
    expect(brief(ask({ policy: { policies }, failure: { code: 'exit.2' }, memory }))).toBe('retry 1000');
  });

  test('may say what follows when it is used up', () => {
    expect(brief(ask({ policy: { policies }, memory: { failures: 1, rules: { 1: 1 } } }))).toBe('park maximumAttempts');
  });

  test('starts its own decorrelated waits', () => {
    const decorrelated = [{ errors: ['http.*'], jitter: 'decorrelated' as const }];
    const first = ask({ policy: { policies: decorrelated }, memory: { failures: 1, lastDelayMs: 40_000 }, unit: 0.999 });
    expect(brief(first)).toBe('retry 2998');
    const second = ask({
      policy: { policies: decorrelated },
      memory: { failures: 2, rules: { 0: 1 }, lastDelayMs: 4_000 },
      unit: 0.999,
    });
    expect(brief(second)).toBe('retry 11989');
  });
});

describe('retryAfter', () => {
  const after = (retryAfterMs: number, policy: PartialRetryPolicy = {}): string =>
    brief(ask({ failure: { retryAfterMs }, policy }));

  test('replaces the formula, cap and jitter', () => {
    expect(after(30_000, { maximumIntervalMs: 2_000, jitter: 'full' })).toBe('retry 30000');
  });

  test('0 is now, not "not asked"', () => {
    expect(after(0)).toBe('retry 0');
  });

  test('is at most 24 h, and what was asked is recorded', () => {
    expect(after(Number.POSITIVE_INFINITY)).toBe('retry 86400000');
    expect(whyOf(ask({ failure: { retryAfterMs: 90_000_000 } })).wait).toEqual({
      from: 'retryAfter',
      askedMs: 90_000_000,
      delayMs: 86_400_000,
    });
  });

  test('is never early, and a time already past is now', () => {
    expect(after(1_500.01)).toBe('retry 1501');
    expect(after(-5_000)).toBe('retry 0');
  });

  test('that is no number was not asked for', () => {
    expect(after(Number.NaN)).toBe('retry 1000');
  });

  test('uses the attempt up like any other, and leaves the formula its last wait', () => {
    const verdict = ask({ failure: { retryAfterMs: 5 }, memory: { failures: 1, lastDelayMs: 800 } });
    expect(verdict.memory).toMatchObject({ failures: 2, lastDelayMs: 800 });
    expect(brief(ask({ failure: { retryAfterMs: 5 }, memory: { failures: 2 } }))).toBe('fail maximumAttempts');
  });
});

describe('maximumElapsed', () => {
  test.each([
    [1_500, 'retry 1000'],
    [1_499, 'fail maximumElapsed'],
  ])('%d ms, when 500 have gone and the wait is 1000', (maximumElapsedMs, expected) => {
    expect(brief(ask({ policy: { maximumElapsedMs } }))).toBe(expected);
  });

  test('is measured from the start of the first attempt, not of this one', () => {
    const asked = { policy: { maximumElapsedMs: 60_000 }, startedAt: START + 59_000, now: START + 59_500 };
    expect(brief(ask({ ...asked, memory: { failures: 1, firstStartedAt: START } }))).toBe('fail maximumElapsed');
    expect(brief(ask({ ...asked, memory: { failures: 1, firstStartedAt: START + 50_000 } }))).toBe('retry 2000');
  });

  test('counts from the decision where the first attempt never started', () => {
    expect(ask({ startedAt: null }).memory.firstStartedAt).toBe(START + 500);
  });

  test('holds for retryAfter too, and parks if the policy says so', () => {
    const verdict = ask({ policy: { maximumElapsedMs: 10_000, onExhausted: 'park' }, failure: { retryAfterMs: 20_000 } });
    expect(brief(verdict)).toBe('park maximumElapsed');
    expect(whyOf(verdict).wait).toMatchObject({ delayMs: 20_000 });
  });

  test('does not run backwards with a clock that does', () => {
    expect(whyOf(ask({ now: START - 5_000 })).elapsedMs).toBe(0);
  });
});

describe('a retry that could not start before the deadline is not scheduled', () => {
  test.each([
    [START + 1_501, 'retry 1000'],
    [START + 1_500, 'fail deadline'],
    [START, 'fail deadline'],
  ])('deadline %d', (deadlineAt, expected) => {
    expect(brief(ask({ deadlineAt }))).toBe(expected);
  });

  test('and the task fails, whatever onExhausted says', () => {
    expect(brief(ask({ deadlineAt: START, policy: { onExhausted: 'park' } }))).toBe('fail deadline');
  });
});

test('holds are reported with the attempt that was held, and start again', () => {
  const verdict = ask({ memory: { holds: 3 } });
  expect(whyOf(verdict).holds).toBe(3);
  expect(verdict.memory.holds).toBe(0);
});

test('the record says everything the wait was computed from', () => {
  const verdict = ask({
    policy: { jitter: 'full', maximumIntervalMs: 3_000 },
    memory: { failures: 1, firstStartedAt: START - 100 },
    attempt: 4,
    unit: 0.25,
  });
  expect(verdict.kind === 'retry' && verdict.why).toEqual({
    reason: 'failure',
    action: 'retry',
    spent: null,
    attempt: 4,
    code: 'http.503',
    rule: null,
    count: 2,
    limit: 3,
    wait: {
      from: 'backoff',
      backoff: 'exponential',
      initialMs: 1_000,
      coefficient: 2,
      retry: 2,
      rawMs: 2_000,
      capMs: 3_000,
      jitter: 'full',
      unit: 0.25,
      delayMs: 650,
    },
    elapsedMs: 600,
    holds: 0,
  });
});
