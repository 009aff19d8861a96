import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DURATION_MS } from '../duration.js';
import { type BackoffPolicy, backoffMs, capMs } from './backoff.js';
import { BACKOFFS, ENGINE_RETRY, JITTERS } from './retry-policy.js';

const policies = fc.record({
  initialIntervalMs: fc.oneof(fc.nat({ max: 100_000 }), fc.nat({ max: MAX_DURATION_MS })),
  backoff: fc.constantFrom(...BACKOFFS),
  backoffCoefficient: fc.double({ min: 1, max: 1_000, noNaN: true }),
  maximumIntervalMs: fc.option(fc.integer({ min: 1, max: MAX_DURATION_MS })),
  jitter: fc.constantFrom(...JITTERS),
});
const retries = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }));
const units = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const previous = fc.option(fc.nat({ max: MAX_DURATION_MS }));

function firstFive(change: Partial<BackoffPolicy>): number[] {
  return [1, 2, 3, 4, 5].map((retry) => backoffMs({ ...ENGINE_RETRY, jitter: 'none', ...change }, retry, 0.5, null).delayMs);
}

describe('the first five waits, without jitter', () => {
  test.each<[string, Partial<BackoffPolicy>, number[]]>([
    ['by default, as Temporal and BullMQ document them', {}, [1_000, 2_000, 4_000, 8_000, 16_000]],
    ['fixed', { backoff: 'fixed' }, [1_000, 1_000, 1_000, 1_000, 1_000]],
    ['linear', { backoff: 'linear' }, [1_000, 2_000, 3_000, 4_000, 5_000]],
    ['coefficient 1', { backoffCoefficient: 1 }, [1_000, 1_000, 1_000, 1_000, 1_000]],
    ['coefficient 1.5 from 200ms', { backoffCoefficient: 1.5, initialIntervalMs: 200 }, [200, 300, 450, 675, 1_013]],
    ['capped at 5s', { maximumIntervalMs: 5_000 }, [1_000, 2_000, 4_000, 5_000, 5_000]],
    ['linear, capped at 2.5s', { backoff: 'linear', maximumIntervalMs: 2_500 }, [1_000, 2_000, 2_500, 2_500, 2_500]],
    ['fixed, capped at 1ms', { backoff: 'fixed', maximumIntervalMs: 1 }, [1, 1, 1, 1, 1]],
    ['capped at 100 × initial where nobody says', { backoffCoefficient: 10 }, [1_000, 10_000, 100_000, 100_000, 100_000]],
    ['at once', { initialIntervalMs: 0 }, [0, 0, 0, 0, 0]],
  ])('%s', (_name, change, delays) => {
    expect(firstFive(change)).toEqual(delays);
  });
});

describe('jitter', () => {
  const drawn = (jitter: BackoffPolicy['jitter'], unit: number, last: number | null = null): number =>
    backoffMs({ ...ENGINE_RETRY, jitter }, 3, unit, last).delayMs;

  test('full draws from a tenth of the wait to all of it, both ends included', () => {
    expect([drawn('full', 0), drawn('full', 0.5), drawn('full', 1 - 2 ** -53)]).toEqual([400, 2_200, 4_000]);
  });

  test('equal draws from half of the wait to all of it', () => {
    expect([drawn('equal', 0), drawn('equal', 0.5), drawn('equal', 1 - 2 ** -53)]).toEqual([2_000, 3_000, 4_000]);
  });

  test('decorrelated draws from initial to three times the last wait, under the cap', () => {
    expect([drawn('decorrelated', 0), drawn('decorrelated', 1 - 2 ** -53)]).toEqual([1_000, 3_000]);
    expect([drawn('decorrelated', 0, 5_000), drawn('decorrelated', 1 - 2 ** -53, 5_000)]).toEqual([1_000, 15_000]);
    expect(drawn('decorrelated', 1 - 2 ** -53, 90_000)).toBe(100_000);
    expect(drawn('decorrelated', 0.9, 0)).toBe(1_000);
  });

  test('decorrelated reports the upper end of its draw as raw', () => {
    expect(backoffMs({ ...ENGINE_RETRY, jitter: 'decorrelated' }, 9, 0, 50_000)).toEqual({
      rawMs: 150_000,
      cappedMs: 100_000,
      delayMs: 1_000,
    });
  });
});

describe('for every policy, retry and draw', () => {
  test('the wait stays under the cap and within the bounds of its jitter', () => {
    fc.assert(
      fc.property(policies, retries, units, previous, (policy, retry, unit, last) => {
        const { rawMs, cappedMs, delayMs } = backoffMs(policy, retry, unit, last);
        const cap = policy.maximumIntervalMs ?? 100 * policy.initialIntervalMs;
        expect(cappedMs).toBe(Math.min(rawMs, cap, MAX_DURATION_MS));
        const floor = {
          none: cappedMs,
          full: cappedMs / 10,
          equal: cappedMs / 2,
          decorrelated: Math.min(policy.initialIntervalMs, cappedMs),
        };
        expect(delayMs).toBeGreaterThanOrEqual(floor[policy.jitter]);
        expect(delayMs).toBeLessThanOrEqual(cappedMs);
      }),
      { numRuns: 3_000 },
    );
  });

  test('the raw wait of the next retry is never shorter', () => {
    const growing = policies.map((policy) => ({ ...policy, jitter: 'none' as const }));
    fc.assert(
      fc.property(growing, retries, (policy, retry) => {
        const now = backoffMs(policy, retry, 0, null);
        const next = backoffMs(policy, retry + 1, 0, null);
        expect(next.rawMs).toBeGreaterThanOrEqual(now.rawMs);
        expect(next.delayMs).toBeGreaterThanOrEqual(now.delayMs);
      }),
    );
  });

  test('a larger draw never waits shorter', () => {
    fc.assert(
      fc.property(policies, retries, units, units, previous, (policy, retry, one, other, last) => {
        const short = backoffMs(policy, retry, Math.min(one, other), last);
        const long = backoffMs(policy, retry, Math.max(one, other), last);
        expect(long.delayMs).toBeGreaterThanOrEqual(short.delayMs);
      }),
    );
  });
});

describe('nonsense in', () => {
  const anything = fc.oneof(
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, Number.MAX_VALUE, 10_000),
  );
  const hostile = fc.record({
    initialIntervalMs: anything,
    backoff: fc.constantFrom(...BACKOFFS),
    backoffCoefficient: anything,
    maximumIntervalMs: fc.option(anything),
    jitter: fc.constantFrom(...JITTERS),
  });

  test('never gives a negative, infinite or broken wait', () => {
    fc.assert(
      fc.property(hostile, anything, anything, fc.option(anything), (policy, retry, unit, last) => {
        for (const ms of Object.values(backoffMs(policy, retry, unit, last))) {
          expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('attempt 10,000 waits the cap, and its raw wait is still a number', () => {
    const { rawMs, delayMs } = backoffMs({ ...ENGINE_RETRY, jitter: 'none' }, 9_999, 0, null);
    expect({ rawMs, delayMs }).toEqual({ rawMs: Number.MAX_SAFE_INTEGER, delayMs: 100_000 });
    expect(firstFive({ initialIntervalMs: 0, backoffCoefficient: 1e300 })).toEqual([0, 0, 0, 0, 0]);
  });

  test('a coefficient that is no number keeps the wait the same', () => {
    expect(firstFive({ backoffCoefficient: Number.NaN })).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(capMs({ initialIntervalMs: MAX_DURATION_MS, maximumIntervalMs: null })).toBe(MAX_DURATION_MS);
  });
});
