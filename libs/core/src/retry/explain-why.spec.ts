import { expect, test } from '@jest/globals';
import { decideRetry, type RetryQuestion } from './decide-retry.js';
import { explainWhy } from './explain-why.js';
import { holdDelay } from './hold.js';
import { NO_MEMORY, type RetryMemory } from './retry-memory.js';
import { type PartialRetryPolicy, resolveRetry } from './retry-policy.js';
import { FIRST_WHY } from './why.js';

function explain(policy: PartialRetryPolicy, memory: Partial<RetryMemory>, rest: Partial<RetryQuestion> = {}): string {
  const { why } = decideRetry({
    policy: resolveRetry(policy),
    memory: { ...NO_MEMORY, firstStartedAt: 0, ...memory },
    failure: { kind: 'failed', code: 'http.503', retryable: null, retryAfterMs: null },
    attempt: 1 + (memory.failures ?? 0) + (memory.lost ?? 0),
    startedAt: 0,
    now: 9_500,
    deadlineAt: null,
    unit: 0.89,
    ...rest,
  });
  return explainWhy(why);
}

const failure = { kind: 'failed', code: 'http.503', retryable: null, retryAfterMs: null } as const;
const lost = { kind: 'lost', code: 'LOST', retryable: null, retryAfterMs: null } as const;
const five = { maximumAttempts: 8, initialIntervalMs: 500 } as const;

test.each<[string, string]>([
  [
    explain({ ...five, policies: [{ errors: ['http.5*'] }] }, { failures: 2, rules: { 0: 2 } }),
    'attempt 4 waits 1.802s: exponential 2s (500ms × 2^2), full jitter 0.89; retry 3 of 7 after http.503; rule http.5*',
  ],
  [
    explain({ maximumAttempts: 0, backoff: 'linear', jitter: 'none', maximumIntervalMs: 2_500 }, { failures: 2 }),
    'attempt 4 waits 2.5s: linear 3s (1s × 3), capped at 2.5s; retry 3, no limit, after http.503',
  ],
  [
    explain({ backoff: 'fixed', jitter: 'equal' }, { holds: 2 }, { unit: 0 }),
    'attempt 2 waits 500ms: fixed 1s, equal jitter 0.00; retry 1 of 2 after http.503; put back 2× before',
  ],
  [
    explain({ jitter: 'decorrelated', retryOn: ['http.*'] }, { failures: 1, lastDelayMs: 2_000 }, { unit: 0.5 }),
    'attempt 3 waits 3.5s: between 1s and 6s, decorrelated jitter 0.50; retry 2 of 2 after http.503; retryOn http.*',
  ],
  [
    explain({ maximumAttempts: 0, jitter: 'none' }, { failures: 99 }),
    'attempt 101 waits 1m40s: exponential over 366d (1s × 2^99), capped at 1m40s; retry 100, no limit, after http.503',
  ],
  [
    explain({}, {}, { failure: { ...failure, retryAfterMs: 0 } }),
    'attempt 2 starts at once: the handler asked for 0s; retry 1 of 2 after http.503',
  ],
  [
    explain({}, {}, { failure: { ...failure, retryAfterMs: 100_000_000 } }),
    'attempt 2 waits 1d: the handler asked for 1d3h46m40s, limited to 1d; retry 1 of 2 after http.503',
  ],
  [
    explain({}, { lost: 1 }, { failure: lost }),
    'attempt 3 waits 1.802s: exponential 2s (1s × 2^1), full jitter 0.89; loss 2 of 5 after LOST',
  ],
  [explain({}, { lost: 4 }, { failure: lost }), 'attempt 5 was lost and is not retried: 5 of 5 losses used; the task is parked'],
  [explain({}, { failures: 2 }), 'attempt 3 failed with http.503 and is not retried: 3 of 3 attempts used; the task fails'],
  [
    explain({ maximumElapsedMs: 10_000, jitter: 'none', onExhausted: 'park' }, {}),
    'attempt 1 failed with http.503 and is not retried: a wait of 1s after 9.5s would pass maximumElapsed; the task is parked',
  ],
  [
    explain({ jitter: 'none' }, {}, { deadlineAt: 10_000 }),
    'attempt 1 failed with http.503 and is not retried: a wait of 1s would pass the deadline; the task fails',
  ],
  [
    explain({ nonRetryable: ['http.*'] }, {}),
    'attempt 1 failed with http.503 and is not retried: this failure is never retried; the task fails; nonRetryable http.*',
  ],
  [
    explain({}, {}, { failure: { ...failure, retryable: false } }),
    'attempt 1 failed with http.503 and is not retried: this failure is never retried; the task fails; the handler said so',
  ],
  [
    explain({ retryOn: ['TIMEOUT'] }, {}),
    'attempt 1 failed with http.503 and is not retried: no pattern of retryOn matches; the task fails',
  ],
  [explainWhy(FIRST_WHY), 'the first attempt'],
  [
    explainWhy({ reason: 'handed-back', executor: 'host/7', attempt: 2 }),
    'attempt 3 starts at once: executor host/7 was stopped and handed attempt 2 back',
  ],
  [
    explainWhy({ reason: 'handed-back', executor: null, attempt: 1 }),
    'attempt 2 starts at once: executor unknown was stopped and handed attempt 1 back',
  ],
  [explainWhy({ reason: 'answered', run: 'r-1', before: null }), 'answered from the ledger: run r-1 did it'],
  [
    explainWhy({ reason: 'answered', run: 'r-1', before: { reason: 'operator', askedBy: 'ann', attempt: 2 } }),
    'answered from the ledger: run r-1 did it; attempt 2 starts at once: ann asked for it',
  ],
  [explainWhy({ reason: 'operator', askedBy: 'ann', attempt: 4 }), 'attempt 4 starts at once: ann asked for it'],
  [
    explainWhy(holdDelay('NO_QUEUE', { ...NO_MEMORY, holds: 2 }).why),
    'put back uncounted, waits 4s: no executor consumes its queue (NO_QUEUE); hold 3',
  ],
  [
    explainWhy(holdDelay('NO_HANDLER', null).why),
    'put back uncounted, waits 1s: no executor hosts its handler (NO_HANDLER); hold 1',
  ],
  [
    explainWhy(holdDelay('KEY_IN_PROGRESS', null).why),
    'put back uncounted, waits 1s: another attempt holds its idempotency key (KEY_IN_PROGRESS); hold 1',
  ],
])('%s', (told, expected) => {
  expect(told).toBe(expected);
});
