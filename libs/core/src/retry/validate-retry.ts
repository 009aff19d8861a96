import { formatDuration, MAX_DURATION_MS } from '../duration.js';
import { BACKOFFS, EXHAUSTED_ACTIONS, JITTERS, type PartialRetryPolicy, type PolicyRule } from './retry-policy.js';

/** `path` is where it stands in the document, below `retry`: `maximumAttempts`, `policies[0].initialInterval`. */
export interface RetryProblem {
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** Every value of one `retry` block that is out of range, at once. Types are believed; an empty list = all is well. */
export function validateRetry(policy: PartialRetryPolicy): RetryProblem[] {
  return [
    ...validateFields(policy, ''),
    ...validateLost(policy.maximumLost),
    ...(policy.retryOn == null
      ? []
      : validatePatterns(policy.retryOn, 'retryOn', 'for no retries at all write maximumAttempts: 1')),
    ...validateEach(policy.nonRetryable ?? [], 'nonRetryable'),
    ...(policy.policies ?? []).flatMap((rule, index) => validateRule(rule, `policies[${index}].`)),
  ];
}

function validateRule(rule: PolicyRule, at: string): RetryProblem[] {
  return [
    ...validatePatterns(rule.errors, `${at}errors`, 'list the error codes the rule is for, "*" for all'),
    ...validateFields(rule, at),
  ];
}

function validateFields(policy: Omit<PartialRetryPolicy, 'policies'>, at: string): RetryProblem[] {
  const { maximumAttempts, backoffCoefficient } = policy;
  return [
    ...check(maximumAttempts, isCount, `${at}maximumAttempts`, 'a whole number, 0 or more', '1 = never retry, 0 = no limit'),
    ...check(
      backoffCoefficient,
      (value) => Number.isFinite(value) && value >= 1,
      `${at}backoffCoefficient`,
      'a number of at least 1',
      'the wait is multiplied by it each time; 1 keeps it the same',
    ),
    ...oneOf(policy.backoff, BACKOFFS, `${at}backoff`),
    ...oneOf(policy.jitter, JITTERS, `${at}jitter`),
    ...oneOf(policy.onExhausted, EXHAUSTED_ACTIONS, `${at}onExhausted`),
    ...validateTimes(policy, at),
  ];
}

function validateTimes(policy: Omit<PartialRetryPolicy, 'policies'>, at: string): RetryProblem[] {
  const { initialIntervalMs, maximumIntervalMs, maximumElapsedMs } = policy;
  const problems = [
    ...check(initialIntervalMs, isTime, `${at}initialInterval`, 'a duration from 0s to 366d', '0s retries at once'),
    ...check(maximumIntervalMs, isPositiveTime, `${at}maximumInterval`, 'a duration from 1ms to 366d', LEAVE_OUT.maximumInterval),
    ...check(maximumElapsedMs, isPositiveTime, `${at}maximumElapsed`, 'a duration from 1ms to 366d', LEAVE_OUT.maximumElapsed),
  ];
  if (problems.length > 0 || initialIntervalMs === undefined || maximumIntervalMs == null) return problems;
  if (initialIntervalMs <= maximumIntervalMs) return [];
  const message = `is ${formatDuration(maximumIntervalMs)}, less than initialInterval (${formatDuration(initialIntervalMs)})`;
  return [{ path: `${at}maximumInterval`, message: `maximumInterval ${message}`, hint: 'raise it, or lower initialInterval' }];
}

const LEAVE_OUT = {
  maximumInterval: 'leave it out for 100 × initialInterval',
  maximumElapsed: 'leave it out for no limit',
} as const;

function validateLost(maximumLost: number | undefined): RetryProblem[] {
  const hint =
    '1 parks the task at its first lost attempt; there is no "no limit": a handler that kills its worker would never end';
  return check(maximumLost, (value) => isCount(value) && value >= 1, 'maximumLost', 'a whole number, 1 or more', hint);
}

function validatePatterns(patterns: readonly string[], path: string, emptyHint: string): RetryProblem[] {
  return patterns.length === 0 ? [{ path, message: `${path} is empty`, hint: emptyHint }] : validateEach(patterns, path);
}

function validateEach(patterns: readonly string[], path: string): RetryProblem[] {
  return patterns.flatMap((pattern, index) => {
    const at = `${path}[${index}]`;
    if (pattern === 'LOST') {
      return [{ path: at, message: 'LOST is never looked up here', hint: 'lost attempts have their own budget: maximumLost' }];
    }
    if (/^\S+$/.test(pattern)) return [];
    return [{ path: at, message: `"${pattern}" matches no error code`, hint: 'codes have no spaces: http.503, http.5*, CARD_*' }];
  });
}

function check(
  value: number | null | undefined,
  holds: (value: number) => boolean,
  path: string,
  expected: string,
  hint: string,
): RetryProblem[] {
  return value == null || holds(value) ? [] : [{ path, message: `${nameOf(path)} must be ${expected}, not ${value}`, hint }];
}

function oneOf(value: string | undefined, allowed: readonly string[], path: string): RetryProblem[] {
  if (value === undefined || allowed.includes(value)) return [];
  return [{ path, message: `${nameOf(path)} cannot be "${value}"`, hint: `one of ${allowed.join(', ')}` }];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isTime(value: number): boolean {
  return isCount(value) && value <= MAX_DURATION_MS;
}

function isPositiveTime(value: number): boolean {
  return isTime(value) && value > 0;
}
