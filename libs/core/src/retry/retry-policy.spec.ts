import { expect, test } from '@jest/globals';
import { ENGINE_RETRY, type PartialRetryPolicy, resolveRetry, underRule } from './retry-policy.js';

test('without a word from anybody the documented defaults hold', () => {
  expect(resolveRetry()).toEqual({
    maximumAttempts: 3,
    initialIntervalMs: 1_000,
    backoff: 'exponential',
    backoffCoefficient: 2,
    maximumIntervalMs: null,
    jitter: 'full',
    maximumElapsedMs: null,
    retryOn: null,
    nonRetryable: [],
    policies: [],
    maximumLost: 5,
    onExhausted: 'fail',
  });
  expect(resolveRetry(null, undefined, {})).toEqual(ENGINE_RETRY);
});

test('field by field the first layer wins: task, then defaults, then handler, then engine', () => {
  const task: PartialRetryPolicy = { maximumAttempts: 8, nonRetryable: ['CARD_*'] };
  const defaults: PartialRetryPolicy = { maximumAttempts: 5, initialIntervalMs: 200 };
  const handler: PartialRetryPolicy = { initialIntervalMs: 9_000, jitter: 'none', nonRetryable: ['X'] };
  expect(resolveRetry(task, defaults, handler)).toEqual({
    ...ENGINE_RETRY,
    maximumAttempts: 8,
    initialIntervalMs: 200,
    jitter: 'none',
    nonRetryable: ['CARD_*'],
  });
});

test('null is a value, a field that is undefined is not', () => {
  const hollow = JSON.parse('{}') as PartialRetryPolicy;
  Object.assign(hollow, { maximumAttempts: undefined });
  expect(resolveRetry(hollow, { maximumAttempts: 7 }).maximumAttempts).toBe(7);
  expect(resolveRetry({ maximumElapsedMs: null }, { maximumElapsedMs: 5_000 }).maximumElapsedMs).toBeNull();
});

test('a rule takes what it leaves out from the policy around it', () => {
  const policy = resolveRetry({ maximumAttempts: 4, jitter: 'none' });
  const under = underRule(policy, { errors: ['http.429'], maximumAttempts: 9, onExhausted: 'park' });
  expect(under).toEqual({ ...policy, maximumAttempts: 9, onExhausted: 'park' });
});
