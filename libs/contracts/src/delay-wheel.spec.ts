import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shardOfTimer, WHEEL_UNIT_MS, type WheelLevels, wheelMaxMs, wheelRoute, wheelTtlMs } from './delay-wheel.js';

const delays = fc.oneof(
  fc.integer({ min: 0, max: wheelMaxMs() }),
  fc.integer({ min: 0, max: 5_000 }),
  fc.double({ min: 0, max: wheelMaxMs(), noNaN: true }),
);
const levels = fc.constantFrom<WheelLevels>(1, 2, 3, 4);

/** What the broker will make the message wait: one queue per digit that is not zero. */
function waits(routingKey: string): number[] {
  const digits = routingKey.split('.').slice(0, 4);
  return digits
    .map((digit, index) => ({ digit: Number.parseInt(digit, 16), level: 3 - index }))
    .filter(({ digit }) => digit > 0)
    .map(({ digit, level }) => wheelTtlMs(level, digit));
}

describe('the delay wheel', () => {
  test('is never early for its receiver to repair: it promises at most the delay asked for', () => {
    fc.assert(
      fc.property(delays, (delayMs) => {
        const route = wheelRoute(delayMs, 3);
        if (route.kind === 'now') expect(delayMs).toBeLessThan(WHEEL_UNIT_MS);
        else expect(route.effectiveMs).toBeLessThanOrEqual(delayMs);
      }),
    );
  });

  test('leaves its receiver less than a sixteenth of the delay, or one unit', () => {
    fc.assert(
      fc.property(delays, (delayMs) => {
        const route = wheelRoute(delayMs, 3);
        if (route.kind === 'wheel') expect(delayMs - route.effectiveMs).toBeLessThan(Math.max(WHEEL_UNIT_MS, delayMs / 16));
      }),
    );
  });

  test('takes at most two queues, whose times add up to what it promises', () => {
    fc.assert(
      fc.property(delays, (delayMs) => {
        const route = wheelRoute(delayMs, 3);
        if (route.kind === 'now') return;
        const hops = waits(route.routingKey);
        expect(hops.length).toBeGreaterThan(0);
        expect(hops.length).toBeLessThanOrEqual(2);
        expect(hops.reduce((sum, ms) => sum + ms, 0)).toBe(route.effectiveMs);
      }),
    );
  });

  test('enters at the level of its highest digit, which is declared', () => {
    fc.assert(
      fc.property(delays, levels, (delayMs, declared) => {
        const route = wheelRoute(delayMs, 3, declared);
        if (route.kind === 'now') return;
        const digits = route.routingKey.split('.').slice(0, 4);
        expect(route.exchangeLevel).toBe(3 - digits.findIndex((digit) => digit !== '0'));
        expect(route.exchangeLevel).toBeLessThan(declared);
      }),
    );
  });

  test('sends a longer delay round one full pass', () => {
    const farAway = { kind: 'wheel', exchangeLevel: 3, routingKey: 'f.f.0.0.s0', effectiveMs: 1_044_480 };
    expect(wheelRoute(30 * 24 * 3_600_000, 0)).toEqual(farAway);
    expect(wheelRoute(Number.POSITIVE_INFINITY, 0)).toEqual(farAway);
    expect([1, 2, 3, 4].map((declared) => wheelMaxMs(declared as WheelLevels))).toEqual([240, 4_080, 65_280, 1_044_480]);
  });

  test('writes the digits of the architecture', () => {
    expect(wheelRoute(1_500, 3)).toEqual({ kind: 'wheel', exchangeLevel: 1, routingKey: '0.0.5.d.s3', effectiveMs: 1_488 });
    expect(wheelRoute(16, 7)).toEqual({ kind: 'wheel', exchangeLevel: 0, routingKey: '0.0.0.1.s7', effectiveMs: 16 });
    expect(wheelRoute(60_000, 0)).toEqual({ kind: 'wheel', exchangeLevel: 2, routingKey: '0.e.a.0.s0', effectiveMs: 59_904 });
  });

  test('has nothing to do for what is due', () => {
    for (const delayMs of [0, -5, 15.99, Number.NaN]) expect(wheelRoute(delayMs, 0)).toEqual({ kind: 'now' });
    expect(wheelRoute(10_000, 0, 0)).toEqual({ kind: 'now' });
  });

  test('gives the shard back from the routing key', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 1e6 }), fc.nat({ max: 63 }), (delayMs, shard) => {
        const route = wheelRoute(delayMs, shard);
        if (route.kind === 'wheel') expect(shardOfTimer(route.routingKey)).toBe(shard);
      }),
    );
    expect(shardOfTimer('0.0.0.1')).toBeNull();
  });
});
