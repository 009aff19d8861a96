import { describe, expect, test } from '@jest/globals';
import { ENGINE_RETRY, type PartialRetryPolicy } from './retry-policy.js';
import { validateRetry } from './validate-retry.js';

/** A policy as a careless caller might build it: the checker is the last to see it. */
function careless(policy: Record<string, unknown>): PartialRetryPolicy {
  return policy as PartialRetryPolicy;
}

describe('validateRetry accepts', () => {
  test.each<[string, PartialRetryPolicy]>([
    ['nothing', {}],
    ['the defaults', ENGINE_RETRY],
    [
      'the limits',
      {
        maximumAttempts: 0,
        initialIntervalMs: 0,
        backoffCoefficient: 1,
        maximumIntervalMs: 1,
        maximumElapsedMs: 1,
        maximumLost: 1,
      },
    ],
    ['an interval as long as its cap', { initialIntervalMs: 5_000, maximumIntervalMs: 5_000 }],
    [
      'lists and rules',
      { retryOn: ['http.5*'], nonRetryable: ['CARD_*'], policies: [{ errors: ['*'], maximumAttempts: 9, jitter: 'equal' }] },
    ],
    ['no limits', { maximumIntervalMs: null, maximumElapsedMs: null, retryOn: null }],
  ])('%s', (_name, policy) => {
    expect(validateRetry(policy)).toEqual([]);
  });
});

describe('validateRetry refuses', () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ maximumAttempts: -1 }, 'maximumAttempts', 'maximumAttempts must be a whole number, 0 or more, not -1'],
    [{ maximumAttempts: 1.5 }, 'maximumAttempts', 'maximumAttempts must be a whole number, 0 or more, not 1.5'],
    [{ maximumAttempts: Number.NaN }, 'maximumAttempts', 'maximumAttempts must be a whole number, 0 or more, not NaN'],
    [{ backoffCoefficient: 0.9 }, 'backoffCoefficient', 'backoffCoefficient must be a number of at least 1, not 0.9'],
    [{ backoffCoefficient: Number.POSITIVE_INFINITY }, 'backoffCoefficient', 'must be a number of at least 1'],
    [{ backoff: 'exp' }, 'backoff', 'backoff cannot be "exp"'],
    [{ jitter: 'some' }, 'jitter', 'jitter cannot be "some"'],
    [{ onExhausted: 'retry' }, 'onExhausted', 'onExhausted cannot be "retry"'],
    [{ initialIntervalMs: -1 }, 'initialInterval', 'a duration from 0s to 366d'],
    [{ initialIntervalMs: 367 * 86_400_000 }, 'initialInterval', 'a duration from 0s to 366d'],
    [{ maximumIntervalMs: 0 }, 'maximumInterval', 'a duration from 1ms to 366d'],
    [{ maximumElapsedMs: 0 }, 'maximumElapsed', 'a duration from 1ms to 366d'],
    [
      { initialIntervalMs: 5_000, maximumIntervalMs: 1_500 },
      'maximumInterval',
      'maximumInterval is 1.5s, less than initialInterval (5s)',
    ],
    [{ maximumLost: 0 }, 'maximumLost', 'maximumLost must be a whole number, 1 or more, not 0'],
    [{ maximumLost: 2.5 }, 'maximumLost', 'a whole number, 1 or more'],
    [{ retryOn: [] }, 'retryOn', 'retryOn is empty'],
    [{ retryOn: ['ok', ''] }, 'retryOn[1]', '"" matches no error code'],
    [{ nonRetryable: ['a b'] }, 'nonRetryable[0]', '"a b" matches no error code'],
    [{ nonRetryable: ['LOST'] }, 'nonRetryable[0]', 'LOST is never looked up here'],
    [{ policies: [{ errors: [] }] }, 'policies[0].errors', 'policies[0].errors is empty'],
    [{ policies: [{ errors: ['A'] }, { errors: ['LOST'] }] }, 'policies[1].errors[0]', 'LOST is never looked up here'],
    [{ policies: [{ errors: ['A'], maximumAttempts: -2 }] }, 'policies[0].maximumAttempts', 'maximumAttempts must be'],
    [
      { policies: [{ errors: ['A'], initialIntervalMs: 2, maximumIntervalMs: 1 }] },
      'policies[0].maximumInterval',
      'maximumInterval is 1ms',
    ],
  ])('%j', (policy, path, message) => {
    expect(validateRetry(careless(policy))).toEqual([
      { path, message: expect.stringContaining(message), hint: expect.stringMatching(/.{10}/) },
    ]);
  });

  test('everything that is wrong, at once', () => {
    const paths = validateRetry(
      careless({ maximumAttempts: -1, jitter: 'x', maximumLost: 0, retryOn: [''], policies: [{ errors: [], backoff: 'y' }] }),
    );
    expect(paths.map(({ path }) => path)).toEqual([
      'maximumAttempts',
      'jitter',
      'maximumLost',
      'retryOn[0]',
      'policies[0].errors',
      'policies[0].backoff',
    ]);
  });
});
