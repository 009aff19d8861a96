import { backoffMs, capMs, wholeMs } from './backoff.js';
import { firstMatch } from './error-pattern.js';
import { NO_MEMORY, type RetryMemory, unruledFailures } from './retry-memory.js';
import { type ExhaustedAction, type RetryPolicy, underRule } from './retry-policy.js';
import type { ExhaustedReason, Why, WhyFacts, WhyRule, WhySpent, WhyWait } from './why.js';

/** The longest wait a handler may ask for. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;
/** A crash is no answer of a slow dependency: even "at once" policies leave the next worker time to come up. */
const SHORTEST_LOSS_WAIT_MS = 1_000;

export interface AttemptFailure {
  readonly kind: 'failed' | 'lost';
  readonly code: string;
  /** What the handler said. Only false decides anything: true does not overrule the policy's lists. */
  readonly retryable: boolean | null;
  /** The wait the handler asked for: 0 = now, null = not asked. */
  readonly retryAfterMs: number | null;
}

/** Times are epoch milliseconds. */
export interface RetryQuestion {
  readonly policy: RetryPolicy;
  readonly memory: RetryMemory | null;
  readonly failure: AttemptFailure;
  /** The number of the attempt that ended, losses included. */
  readonly attempt: number;
  /** When it started; null = it never did (its queue timeout, say): `maximumElapsed` then counts from `now` at the latest. */
  readonly startedAt: number | null;
  readonly now: number;
  /** The earlier of the task's total and the run's timeout: a retry that could not start before it is not scheduled. */
  readonly deadlineAt: number | null;
  /** A random number in [0, 1). */
  readonly unit: number;
}

export type RetryVerdict =
  | { readonly kind: 'retry'; readonly delayMs: number; readonly memory: RetryMemory; readonly why: Why }
  | {
      readonly kind: 'exhausted';
      readonly action: ExhaustedAction;
      readonly reason: ExhaustedReason;
      readonly memory: RetryMemory;
      readonly why: Why;
    };

/**
 * Is an attempt that ended badly followed by another, and when?
 *
 * A failure, in this order: the handler said "not retryable" or `nonRetryable` matches → `retryOn` does not match → the first rule
 * of `policies` that matches takes over with its own counter → `maximumAttempts` → the wait (`retryAfter`, else formula, cap,
 * jitter) → `maximumElapsed` → the deadline → retry. `onExhausted: park` speaks for `maximumAttempts` and `maximumElapsed` only:
 * a failure that is not retryable is an answer, and past its deadline a task has failed by `TIMEOUT`.
 *
 * A loss: `maximumLost` (then the task is parked) → the wait (the same formula over the losses, from at least 1 s) → the deadline
 * (then it fails) → retry. Losses touch no other budget and no list looks at them.
 */
export function decideRetry(question: RetryQuestion): RetryVerdict {
  return question.failure.kind === 'lost' ? afterLoss(question) : afterFailure(question);
}

function afterFailure(question: RetryQuestion): RetryVerdict {
  const { policy, failure, attempt } = question;
  const before = memoryOf(question);
  const refusal = refuse(policy, failure);
  const found = refusal === null ? findRule(policy, failure.code) : null;
  const { memory, count } = tally(before, found);
  const inForce = found?.policy ?? policy;
  const facts: WhyFacts = {
    reason: 'failure',
    attempt,
    code: failure.code,
    rule: refusal?.rule ?? found?.rule ?? retryOnRule(policy, failure.code),
    count,
    limit: inForce.maximumAttempts,
    elapsedMs: elapsedMs(question, memory),
    holds: question.memory?.holds ?? 0,
  };

  if (refusal !== null) return exhausted(facts, memory, { action: 'fail', spent: refusal.spent, wait: null });
  if (inForce.maximumAttempts > 0 && count >= inForce.maximumAttempts) {
    return exhausted(facts, memory, { action: inForce.onExhausted, spent: 'maximumAttempts', wait: null });
  }
  const asked = retryAfter(failure);
  const wait = asked ?? backoffWait(inForce, count, question.unit, count === 1 ? null : memory.lastDelayMs);
  const waited = asked === null ? { ...memory, lastDelayMs: wait.delayMs } : memory;
  if (inForce.maximumElapsedMs !== null && facts.elapsedMs + wait.delayMs > inForce.maximumElapsedMs) {
    return exhausted(facts, waited, { action: inForce.onExhausted, spent: 'maximumElapsed', wait });
  }
  return beforeDeadline(question, facts, waited, wait);
}

function afterLoss(question: RetryQuestion): RetryVerdict {
  const { policy, failure, attempt } = question;
  const before = memoryOf(question);
  const memory = { ...before, lost: before.lost + 1 };
  const facts: WhyFacts = {
    reason: 'lost',
    attempt,
    code: failure.code,
    rule: null,
    count: memory.lost,
    limit: policy.maximumLost,
    elapsedMs: elapsedMs(question, memory),
    holds: question.memory?.holds ?? 0,
  };

  if (memory.lost >= policy.maximumLost) return exhausted(facts, memory, { action: 'park', spent: 'maximumLost', wait: null });
  return beforeDeadline(question, facts, memory, lossWait(policy, memory.lost, question.unit));
}

function beforeDeadline(question: RetryQuestion, facts: WhyFacts, memory: RetryMemory, wait: WhyWait): RetryVerdict {
  const { now, deadlineAt } = question;
  if (deadlineAt !== null && now + wait.delayMs >= deadlineAt) {
    return exhausted(facts, memory, { action: 'fail', spent: 'deadline', wait });
  }
  return { kind: 'retry', delayMs: wait.delayMs, memory, why: { ...facts, action: 'retry', spent: null, wait } };
}

function exhausted(facts: WhyFacts, memory: RetryMemory, ending: WhySpent): RetryVerdict {
  return { kind: 'exhausted', action: ending.action, reason: ending.spent, memory, why: { ...facts, ...ending } };
}

function memoryOf({ memory, startedAt, now }: RetryQuestion): RetryMemory & { readonly firstStartedAt: number } {
  const before = memory ?? NO_MEMORY;
  return { ...before, holds: 0, firstStartedAt: before.firstStartedAt ?? startedAt ?? now };
}

/** Clocks of two machines may disagree by more than an attempt lasted. */
function elapsedMs({ now }: RetryQuestion, { firstStartedAt }: { readonly firstStartedAt: number }): number {
  return wholeMs(now - firstStartedAt);
}

/** One failure more, on the rule's counter if a rule was found, else on the policy's own. */
function tally<M extends RetryMemory>(before: M, found: FoundRule | null): { readonly memory: M; readonly count: number } {
  const memory = { ...before, failures: before.failures + 1 };
  if (found === null) return { memory, count: unruledFailures(memory) };
  const count = (before.rules[found.index] ?? 0) + 1;
  return { memory: { ...memory, rules: { ...before.rules, [found.index]: count } }, count };
}

interface Refusal {
  readonly spent: 'non-retryable' | 'not-in-retryOn';
  readonly rule: WhyRule | null;
}

function refuse(policy: RetryPolicy, { code, retryable }: AttemptFailure): Refusal | null {
  const never = firstMatch(policy.nonRetryable, code);
  if (never !== null) return { spent: 'non-retryable', rule: { from: 'nonRetryable', pattern: never } };
  if (retryable === false) return { spent: 'non-retryable', rule: { from: 'handler' } };
  if (policy.retryOn !== null && firstMatch(policy.retryOn, code) === null) return { spent: 'not-in-retryOn', rule: null };
  return null;
}

function retryOnRule({ retryOn }: RetryPolicy, code: string): WhyRule | null {
  const pattern = retryOn === null ? null : firstMatch(retryOn, code);
  return pattern === null ? null : { from: 'retryOn', pattern };
}

interface FoundRule {
  readonly index: number;
  readonly policy: RetryPolicy;
  readonly rule: WhyRule;
}

function findRule(policy: RetryPolicy, code: string): FoundRule | null {
  for (const [index, candidate] of policy.policies.entries()) {
    const pattern = firstMatch(candidate.errors, code);
    if (pattern !== null) return { index, policy: underRule(policy, candidate), rule: { from: 'policies', index, pattern } };
  }
  return null;
}

/** Rounded up: a fraction of a millisecond early is early. What is no number (a garbled header) was not asked. */
function retryAfter({ retryAfterMs }: AttemptFailure): WhyWait | null {
  if (retryAfterMs === null || Number.isNaN(retryAfterMs)) return null;
  const askedMs = wholeMs(Math.ceil(retryAfterMs));
  return { from: 'retryAfter', askedMs, delayMs: Math.min(askedMs, LONGEST_RETRY_AFTER_MS) };
}

function backoffWait(policy: RetryPolicy, retry: number, unit: number, previousDelayMs: number | null): WhyWait {
  const { rawMs, delayMs } = backoffMs(policy, retry, unit, previousDelayMs);
  return {
    from: 'backoff',
    backoff: policy.backoff,
    initialMs: policy.initialIntervalMs,
    coefficient: policy.backoffCoefficient,
    retry,
    rawMs,
    capMs: capMs(policy),
    jitter: policy.jitter,
    unit,
    delayMs,
  };
}

/** `decorrelated` needs the last wait, which belongs to the failures: losses draw `full` over the backoff instead. */
function lossWait(policy: RetryPolicy, lost: number, unit: number): WhyWait {
  const atLeast = (ms: number): number => Math.max(SHORTEST_LOSS_WAIT_MS, ms);
  const { maximumIntervalMs, jitter } = policy;
  const patient: RetryPolicy = {
    ...policy,
    initialIntervalMs: atLeast(policy.initialIntervalMs),
    maximumIntervalMs: maximumIntervalMs === null ? null : atLeast(maximumIntervalMs),
    jitter: jitter === 'decorrelated' ? 'full' : jitter,
  };
  const wait = backoffWait(patient, lost, unit, null);
  return { ...wait, delayMs: atLeast(wait.delayMs) };
}
