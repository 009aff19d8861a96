import { describe, expect, test } from '@jest/globals';
import { type AttemptFailure, decideRetry, type RetryVerdict } from './decide-retry.js';
import { NO_MEMORY, type RetryMemory } from './retry-memory.js';
import { type PartialRetryPolicy, resolveRetry } from './retry-policy.js';

const START = 1_700_000_000_000;
const LOST: AttemptFailure = { kind: 'lost', code: 'LOST', retryable: null, retryAfterMs: null };

interface Asked {
  readonly policy?: PartialRetryPolicy;
  readonly memory?: Partial<RetryMemory>;
  readonly deadlineAt?: number;
  readonly unit?: number;
}

function lose({ policy, memory, deadlineAt, unit }: Asked): RetryVerdict {
  return decideRetry({
    policy: resolveRetry(policy, { jitter: 'none' }),
    memory: { ...NO_MEMORY, ...memory },
    failure: LOST,
    attempt: 1,
    startedAt: START,
    now: START + 500,
    deadlineAt: deadlineAt ?? null,
    unit: unit ?? 0.5,
  });
}

/** `retry 1000`, or `park maximumLost`. */
function brief(verdict: RetryVerdict): string {
  return verdict.kind === 'retry' ? `retry ${verdict.delayMs}` : `${verdict.action} ${verdict.reason}`;
}

describe('a lost attempt', () => {
  test('is retried until the loss that maximumLost names, which parks the task', () => {
    const each = [0, 1, 2, 3, 4, 5].map((lost) => brief(lose({ memory: { lost } })));
    const parked = 'park maximumLost';
    expect(each).toEqual(['retry 1000', 'retry 2000', 'retry 4000', 'retry 8000', parked, parked]);
  });

  test('with maximumLost 1 parks at once', () => {
    expect(brief(lose({ policy: { maximumLost: 1 } }))).toBe(`park maximumLost`);
  });

  test('uses none of the other budgets and asks none of the lists', () => {
    const policy: PartialRetryPolicy = {
      maximumAttempts: 1,
      maximumElapsedMs: 1,
      nonRetryable: ['*'],
      retryOn: ['X'],
      policies: [{ errors: ['*'], maximumAttempts: 1 }],
    };
    const memory = { failures: 3, rules: { 0: 2 }, holds: 0, firstStartedAt: START - 60_000, lastDelayMs: 700 };
    const verdict = lose({ policy, memory });
    expect(brief(verdict)).toBe('retry 1000');
    expect(verdict.memory).toEqual({ ...memory, lost: 1 });
    expect(verdict.why).toMatchObject({ reason: 'lost', rule: null, count: 1, limit: 5 });
  });

  test('waits at least a second, even where failures are retried at once', () => {
    expect(brief(lose({ policy: { initialIntervalMs: 0 } }))).toBe('retry 1000');
    expect(brief(lose({ policy: { initialIntervalMs: 0 }, memory: { lost: 2 } }))).toBe('retry 4000');
    expect(brief(lose({ policy: { maximumIntervalMs: 50, initialIntervalMs: 50 }, memory: { lost: 2 } }))).toBe('retry 1000');
    expect(brief(lose({ policy: { jitter: 'full' }, unit: 0 }))).toBe('retry 1000');
  });

  test('waits by the formula of the policy above that', () => {
    expect(brief(lose({ policy: { initialIntervalMs: 3_000, backoff: 'linear' }, memory: { lost: 2 } }))).toBe('retry 9000');
    expect(brief(lose({ policy: { maximumIntervalMs: 3_000 }, memory: { lost: 3 } }))).toBe('retry 3000');
    expect(brief(lose({ policy: { jitter: 'decorrelated' }, memory: { lost: 2 }, unit: 0 }))).toBe('retry 1000');
    expect(brief(lose({ policy: { jitter: 'decorrelated' }, memory: { lost: 2 }, unit: 0.999_9 }))).toBe('retry 4000');
  });

  test('fails at the deadline: nobody could decide about a parked task in no time', () => {
    expect(brief(lose({ deadlineAt: START + 1_000 }))).toBe('fail deadline');
  });
});
