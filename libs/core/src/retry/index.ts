export { type BackoffDelay, type BackoffPolicy, backoffMs } from './backoff.js';
export { type AttemptFailure, decideRetry, type RetryQuestion, type RetryVerdict } from './decide-retry.js';
export { matchesErrorPattern } from './error-pattern.js';
export { explainWhy } from './explain-why.js';
export { holdDelay } from './hold.js';
export { NO_MEMORY, type Pass, type RetryMemory } from './retry-memory.js';
export {
  BACKOFFS,
  type Backoff,
  ENGINE_RETRY,
  EXHAUSTED_ACTIONS,
  type ExhaustedAction,
  JITTERS,
  type Jitter,
  type PartialRetryPolicy,
  type PolicyRule,
  type RetryPolicy,
  RULE_FIELDS,
  resolveRetry,
} from './retry-policy.js';
export { type RetryProblem, validateRetry } from './validate-retry.js';
export {
  type ExhaustedReason,
  FIRST_WHY,
  type HoldReason,
  type Why,
  type WhyEnded,
  type WhyFacts,
  type WhyRule,
  type WhySpent,
  type WhyWait,
} from './why.js';
