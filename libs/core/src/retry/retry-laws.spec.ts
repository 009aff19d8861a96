import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DURATION_MS } from '../duration.js';
import { type AttemptFailure, decideRetry, type RetryVerdict } from './decide-retry.js';
import { firstMatch } from './error-pattern.js';
import { explainWhy } from './explain-why.js';
import { holdDelay } from './hold.js';
import type { RetryMemory } from './retry-memory.js';
import { BACKOFFS, EXHAUSTED_ACTIONS, JITTERS, type RetryPolicy } from './retry-policy.js';

const DAY_MS = 86_400_000;
const codes = fc.constantFrom('A', 'B', 'C', 'D');
const patterns = fc.constantFrom('A', 'B', 'C', '*');
const scalars = {
  maximumAttempts: fc.nat({ max: 6 }),
  initialIntervalMs: fc.nat({ max: 5_000 }),
  backoff: fc.constantFrom(...BACKOFFS),
  backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
  maximumIntervalMs: fc.option(fc.integer({ min: 1, max: 60_000 })),
  jitter: fc.constantFrom(...JITTERS),
  maximumElapsedMs: fc.option(fc.integer({ min: 1, max: 600_000 })),
  onExhausted: fc.constantFrom(...EXHAUSTED_ACTIONS),
};
const rules = fc.record({ errors: fc.array(patterns, { minLength: 1, maxLength: 2 }), ...scalars }, { requiredKeys: ['errors'] });
const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  ...scalars,
  retryOn: fc.option(fc.array(patterns, { minLength: 1, maxLength: 3 }), { freq: 4 }),
  nonRetryable: fc.array(codes, { maxLength: 1 }),
  policies: fc.array(rules, { maxLength: 3 }),
  maximumLost: fc.integer({ min: 1, max: 6 }),
});
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ends = fc.record({
  kind: fc.constantFrom('failed' as const, 'failed' as const, 'lost' as const, 'held' as const),
  code: codes,
  retryable: fc.constantFrom(null, null, true, false),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 2 * DAY_MS }), { freq: 8 }),
  tookMs: fc.nat({ max: 20_000 }),
  unit,
});
type End = typeof ends extends fc.Arbitrary<infer T> ? T : never;

interface Step {
  readonly end: End;
  readonly before: RetryMemory | null;
  readonly startedAt: number;
  readonly now: number;
  readonly verdict: RetryVerdict;
}

interface Life {
  readonly steps: readonly Step[];
  readonly memories: readonly RetryMemory[];
}

/** Lives through the ends as one task does: each attempt starts when the last wait is over, until there is no retry. */
function live(policy: RetryPolicy, sequence: readonly End[], deadlineAt: number | null): Life {
  const steps: Step[] = [];
  const memories: RetryMemory[] = [];
  let memory: RetryMemory | null = null;
  let at = 1_000_000;
  for (const end of sequence) {
    if (end.kind === 'held') {
      const held = holdDelay('NO_QUEUE', memory);
      memory = held.memory;
      memories.push(memory);
      at += held.delayMs;
      continue;
    }
    const failure: AttemptFailure = { ...end, kind: end.kind };
    const now: number = at + end.tookMs;
    const attempt = steps.length + 1;
    const verdict: RetryVerdict = decideRetry({
      policy,
      memory,
      failure,
      attempt,
      startedAt: at,
      now,
      deadlineAt,
      unit: end.unit,
    });
    steps.push({ end, before: memory, startedAt: at, now, verdict });
    memory = verdict.memory;
    memories.push(memory);
    if (verdict.kind === 'exhausted') break;
    at = now + verdict.delayMs;
  }
  return { steps, memories };
}

function law(name: string, holds: (policy: RetryPolicy, life: Life, deadlineAt: number | null) => void): void {
  const deadlines = fc.option(fc.integer({ min: 1_000_000, max: 3_000_000 }));
  test(name, () => {
    fc.assert(
      fc.property(policies, fc.array(ends, { maxLength: 40 }), deadlines, (policy, sequence, deadlineAt) => {
        holds(policy, live(policy, sequence, deadlineAt), deadlineAt);
      }),
      { numRuns: 1_000 },
    );
  });
}

/** The counter a failure belongs to: the index of a rule, or -1 for the policy's own. */
function counterOf(policy: RetryPolicy, code: string): number {
  return policy.policies.findIndex((rule) => firstMatch(rule.errors, code) !== null);
}

law('no counter ever allows more executions than its maximumAttempts', (policy, { steps }) => {
  const retried = steps.filter(({ end, verdict }) => end.kind === 'failed' && verdict.kind === 'retry');
  for (const index of [-1, ...policy.policies.keys()]) {
    const limit = policy.policies[index]?.maximumAttempts ?? policy.maximumAttempts;
    const count = retried.filter(({ end }) => counterOf(policy, end.code) === index).length;
    if (limit > 0) expect(count).toBeLessThanOrEqual(limit - 1);
  }
});

law('a failure raises its own counter by one and no other', (policy, { steps }) => {
  for (const { end, before, verdict } of steps) {
    const rules = before?.rules ?? {};
    const refused = verdict.kind === 'exhausted' && (verdict.reason === 'non-retryable' || verdict.reason === 'not-in-retryOn');
    const index = end.kind === 'failed' && !refused ? counterOf(policy, end.code) : -1;
    expect(verdict.memory.rules).toEqual(index < 0 ? rules : { ...rules, [index]: (rules[index] ?? 0) + 1 });
  }
});

law('losses and failures never use each other up', (policy, { steps }) => {
  for (const { end, before, verdict } of steps) {
    const { failures, lost } = before ?? { failures: 0, lost: 0 };
    const counted = { failures: verdict.memory.failures, lost: verdict.memory.lost };
    expect(counted).toEqual(end.kind === 'lost' ? { failures, lost: lost + 1 } : { failures: failures + 1, lost });
    if (verdict.kind === 'retry') expect(verdict.memory.lost).toBeLessThan(policy.maximumLost);
    if (verdict.kind === 'exhausted' && end.kind === 'lost') expect(['maximumLost', 'deadline']).toContain(verdict.reason);
    if (verdict.kind === 'exhausted' && end.kind === 'failed') expect(verdict.reason).not.toBe('maximumLost');
  }
});

law('taking the losses and holds out of a life changes none of its decisions about failures', (policy, { steps }) => {
  const timeless: RetryPolicy = {
    ...policy,
    maximumElapsedMs: null,
    maximumLost: 1_000,
    policies: policy.policies.map(({ maximumElapsedMs: _, ...rule }) => rule),
  };
  const sequence = steps.map(({ end }) => end);
  const failures = sequence.filter(({ kind }) => kind === 'failed');
  const waits = (life: Life): unknown[] =>
    life.steps
      .filter(({ end }) => end.kind === 'failed')
      .map(({ verdict }) => (verdict.kind === 'retry' ? verdict.delayMs : verdict.reason));
  expect(waits(live(timeless, sequence, null))).toEqual(waits(live(timeless, failures, null)));
});

law('nothing is retried once its policy is spent', (policy, { steps }) => {
  for (const { end, before, startedAt, now, verdict } of steps) {
    if (verdict.kind === 'retry' || verdict.reason === 'deadline') continue;
    const failure: AttemptFailure = { ...end, kind: end.kind === 'lost' ? 'lost' : 'failed' };
    const later = decideRetry({
      policy,
      memory: verdict.memory,
      failure,
      attempt: 99,
      startedAt,
      now: now + 1,
      deadlineAt: null,
      unit: 0.999,
    });
    // A wait drawn shorter may fit where the last did not; every other end is for good.
    if (verdict.reason !== 'maximumElapsed') expect(later.kind).toBe('exhausted');
    expect(before).not.toBe(verdict.memory);
  }
});

law('a wait is finite, not negative, at most a year, and fits both limits on time', (policy, { steps }, deadlineAt) => {
  for (const { end, now, verdict } of steps) {
    if (verdict.kind !== 'retry') continue;
    const { delayMs, memory } = verdict;
    expect(Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= MAX_DURATION_MS).toBe(true);
    if (deadlineAt !== null) expect(now + delayMs).toBeLessThan(deadlineAt);
    if (end.kind === 'lost') {
      expect(delayMs).toBeGreaterThanOrEqual(1_000);
      continue;
    }
    const rule = policy.policies[counterOf(policy, end.code)];
    const limit = rule?.maximumElapsedMs === undefined ? policy.maximumElapsedMs : rule.maximumElapsedMs;
    if (limit !== null) expect(now + delayMs - (memory.firstStartedAt ?? 0)).toBeLessThanOrEqual(limit);
  }
});

law('a retry is never earlier than the handler asked, up to 24 h', (_policy, { steps }) => {
  for (const { end, verdict } of steps) {
    if (verdict.kind !== 'retry' || end.kind !== 'failed' || end.retryAfterMs === null) continue;
    expect(verdict.delayMs).toBe(Math.min(end.retryAfterMs, DAY_MS));
  }
});

law('only used-up attempts or time park a failure, and only where the policy says so', (policy, { steps }) => {
  for (const { end, verdict } of steps) {
    if (verdict.kind !== 'exhausted') continue;
    const rule = policy.policies[counterOf(policy, end.code)];
    const chosen = rule?.onExhausted ?? policy.onExhausted;
    const spendable = verdict.reason === 'maximumAttempts' || verdict.reason === 'maximumElapsed';
    expect(verdict.action).toBe(verdict.reason === 'maximumLost' ? 'park' : spendable ? chosen : 'fail');
  }
});

law('memory and record survive JSON, and the record can be told in a sentence', (_policy, { steps, memories }) => {
  for (const memory of memories) expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
  for (const { verdict } of steps) {
    const why = JSON.parse(JSON.stringify(verdict.why));
    expect(why).toEqual(verdict.why);
    expect(explainWhy(why)).not.toMatch(/undefined|NaN|null|Infinity|\[object/);
  }
});
