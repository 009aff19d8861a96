import { MAX_DURATION_MS } from '../duration.js';
import type { RetryPolicy } from './retry-policy.js';

export type BackoffPolicy = Pick<
  RetryPolicy,
  'initialIntervalMs' | 'backoff' | 'backoffCoefficient' | 'maximumIntervalMs' | 'jitter'
>;

/** The wait at its three stages, in whole milliseconds: as the formula grows it, under the cap, with the jitter drawn. */
export interface BackoffDelay {
  readonly rawMs: number;
  readonly cappedMs: number;
  readonly delayMs: number;
}

/**
 * The wait before a retry.
 *
 * raw, for retry n = 1, 2, 3, …
 * - fixed: initial · linear: initial × n · exponential: initial × coefficient^(n-1), as Temporal's
 *   `nextBackoffInterval` (1, 2, 4, 8, 16 s by default). Where that leaves the safe integers it stays at the largest of them.
 *
 * capped = min(raw, maximumInterval, 366 days), for every backoff.
 *
 * delay, d = capped, U = a whole millisecond drawn evenly, both ends included:
 * - none: d · full: U[d/10, d] · equal: U[d/2, d]. "Full jitter" elsewhere (AWS, "Exponential Backoff And Jitter", 2015) starts at
 *   0, which now and then is no wait at all: hence the floor.
 * - decorrelated (same source): min(cap, U[initial, 3 × previous]), previous = initial at first. It replaces the backoff's formula;
 *   raw is then the upper end.
 *
 * Whatever comes in, what goes out is finite and not negative: nonsense counts as the nearest value that makes sense.
 *
 * @param retry 1 = the wait before the second execution
 * @param unit a random number in [0, 1), drawn by the caller
 * @param previousDelayMs the last wait that this formula gave, null before the first; read by `decorrelated` only
 */
export function backoffMs(policy: BackoffPolicy, retry: number, unit: number, previousDelayMs: number | null): BackoffDelay {
  const initialMs = wholeMs(policy.initialIntervalMs);
  const draw = Math.max(0, unit || 0);
  const rawMs = policy.jitter === 'decorrelated' ? widen(initialMs, previousDelayMs) : grow(policy, initialMs, retry);
  const cappedMs = Math.min(rawMs, capMs(policy));

  switch (policy.jitter) {
    case 'none':
      return { rawMs, cappedMs, delayMs: cappedMs };
    case 'full':
      return { rawMs, cappedMs, delayMs: between(Math.ceil(cappedMs / 10), cappedMs, draw) };
    case 'equal':
      return { rawMs, cappedMs, delayMs: between(Math.ceil(cappedMs / 2), cappedMs, draw) };
    case 'decorrelated':
      return { rawMs, cappedMs, delayMs: Math.min(cappedMs, between(initialMs, rawMs, draw)) };
  }
}

/** The cap on one wait: `maximumInterval`, by default 100 × initial, and never more than the longest duration. */
export function capMs(policy: Pick<RetryPolicy, 'initialIntervalMs' | 'maximumIntervalMs'>): number {
  return Math.min(wholeMs(policy.maximumIntervalMs ?? 100 * policy.initialIntervalMs), MAX_DURATION_MS);
}

function grow(policy: BackoffPolicy, initialMs: number, retry: number): number {
  const n = Math.max(1, wholeMs(retry));
  switch (policy.backoff) {
    case 'fixed':
      return initialMs;
    case 'linear':
      return wholeMs(initialMs * n);
    case 'exponential':
      // 0 × Infinity is NaN, which wholeMs makes 0: "at once" stays at once however often it has doubled.
      return wholeMs(initialMs * Math.max(1, policy.backoffCoefficient || 1) ** (n - 1));
  }
}

function widen(initialMs: number, previousDelayMs: number | null): number {
  return Math.max(initialMs, wholeMs(3 * (previousDelayMs ?? initialMs)));
}

function between(lowestMs: number, highestMs: number, draw: number): number {
  return Math.min(highestMs, lowestMs + Math.floor(draw * (highestMs - lowestMs + 1)));
}

/** NaN and negatives become 0, infinity the largest safe integer: JSON has neither, and the ledger stores these numbers. */
export function wholeMs(value: number): number {
  return value > 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0;
}
