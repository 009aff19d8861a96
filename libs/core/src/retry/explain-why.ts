import { formatDuration, MAX_DURATION_MS } from '../duration.js';
import type { HoldReason, Why, WhyEnded, WhyFacts, WhyRule, WhySpent, WhyWait } from './why.js';

const HELD: Readonly<Record<HoldReason, string>> = {
  NO_QUEUE: 'no executor consumes its queue',
  NO_HANDLER: 'no executor hosts its handler',
  KEY_IN_PROGRESS: 'another attempt holds its idempotency key',
  RATE_LIMIT: 'its rate limit allows no start before',
  BREAKER_OPEN: 'the circuit breaker of its dependency is open',
  RETRY_BUDGET: 'the retry budget of its dependency is spent',
  CONCURRENCY: 'its handler runs as often as it may',
};

const RELEASED = {
  canary: 'as a canary by the half-open breaker',
  wave: 'with a wave of those that waited for the breaker',
} as const;

/** The record as one sentence for people: `attempt 3 waits 900ms: exponential 1s (500ms × 2^1), full jitter 0.89; retry 2 of 7 …`. */
export function explainWhy(why: Why): string {
  switch (why.reason) {
    case 'first':
      return 'the first attempt';
    case 'handed-back':
      return `attempt ${why.attempt + 1} starts at once: executor ${why.executor ?? 'unknown'} was stopped and handed attempt ${why.attempt} back`;
    case 'operator':
      return `attempt ${why.attempt} starts at once: ${why.askedBy} asked for it`;
    case 'reused':
      return `not run again: its result is that of run ${why.run}`;
    case 'answered':
      return `answered from the ledger: run ${why.run} did it${afterwards(why.before)}`;
    case 'hold':
      return `put back uncounted, ${waiting(why.delayMs)}: ${HELD[why.hold]}${why.detail === undefined ? '' : `: ${why.detail}`} (${why.hold}); hold ${why.holds}`;
    case 'released':
      return `let through ${RELEASED[why.as]} of ${why.dependency}${afterwards(why.before)}`;
    case 'failure':
    case 'lost':
      return explainEnded(why);
  }
}

const afterwards = (before: Why | null): string => (before === null ? '' : `; ${explainWhy(before)}`);

function explainEnded(why: WhyEnded): string {
  const tail = `${ruleText(why.rule)}${why.holds > 0 ? `; put back ${why.holds}× before` : ''}`;
  if (why.action === 'retry') {
    return `attempt ${why.attempt + 1} ${waiting(why.wait.delayMs)}: ${waitText(why.wait)}; ${countText(why)} after ${why.code}${tail}`;
  }
  const ended = why.reason === 'lost' ? 'was lost' : `failed with ${why.code}`;
  const then = why.action === 'park' ? 'the task is parked' : 'the task fails';
  return `attempt ${why.attempt} ${ended} and is not retried: ${spentText(why)}; ${then}${tail}`;
}

function waiting(delayMs: number): string {
  return delayMs === 0 ? 'starts at once' : `waits ${formatDuration(delayMs)}`;
}

function waitText(wait: WhyWait): string {
  if (wait.from === 'retryAfter') {
    const limited = wait.delayMs < wait.askedMs ? `, limited to ${formatDuration(wait.delayMs)}` : '';
    return `the handler asked for ${duration(wait.askedMs)}${limited}`;
  }
  const capped = wait.rawMs > wait.capMs ? `, capped at ${duration(wait.capMs)}` : '';
  const jitter = wait.jitter === 'none' ? '' : `, ${wait.jitter} jitter ${wait.unit.toFixed(2)}`;
  return `${formulaText(wait)}${capped}${jitter}`;
}

function formulaText(wait: Extract<WhyWait, { from: 'backoff' }>): string {
  const raw = duration(wait.rawMs);
  const initial = duration(wait.initialMs);
  if (wait.jitter === 'decorrelated') return `between ${initial} and ${raw}`;
  switch (wait.backoff) {
    case 'fixed':
      return `fixed ${raw}`;
    case 'linear':
      return `linear ${raw} (${initial} × ${wait.retry})`;
    case 'exponential':
      return `exponential ${raw} (${initial} × ${wait.coefficient}^${wait.retry - 1})`;
  }
}

function countText({ reason, count, limit }: WhyFacts): string {
  if (reason === 'lost') return `loss ${count} of ${limit}`;
  return limit === 0 ? `retry ${count}, no limit,` : `retry ${count} of ${limit - 1}`;
}

function spentText(why: WhyFacts & WhySpent): string {
  switch (why.spent) {
    case 'non-retryable':
      return 'this failure is never retried';
    case 'not-in-retryOn':
      return 'no pattern of retryOn matches';
    case 'maximumAttempts':
      return `${why.count} of ${why.limit} attempts used`;
    case 'maximumLost':
      return `${why.count} of ${why.limit} losses used`;
    case 'maximumElapsed':
      return `a wait of ${formatDuration(why.wait.delayMs)} after ${duration(why.elapsedMs)} would pass maximumElapsed`;
    case 'deadline':
      return `a wait of ${formatDuration(why.wait.delayMs)} would pass the deadline`;
  }
}

function ruleText(rule: WhyRule | null): string {
  if (rule === null) return '';
  switch (rule.from) {
    case 'handler':
      return '; the handler said so';
    case 'nonRetryable':
    case 'retryOn':
      return `; ${rule.from} ${rule.pattern}`;
    case 'policies':
      return `; rule ${rule.pattern}`;
  }
}

/** Raw delays grow past anything readable. */
function duration(ms: number): string {
  return ms > MAX_DURATION_MS ? 'over 366d' : formatDuration(ms);
}
