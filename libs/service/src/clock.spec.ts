import { describe, expect, test } from '@jest/globals';
import { fixedClock, systemClock, uuidv7Source } from './clock.js';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('clock', () => {
  test('UUIDv7s are well formed and strictly increasing, thousands in one millisecond', () => {
    const ids = Array.from({ length: 50_000 }, () => systemClock.uuidv7());
    expect(ids.every((id) => V7.test(id))).toBe(true);
    expect(ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? ''))).toBe(true);
  });

  test('they stay increasing when the clock stands still, goes back, and when the counter is full', () => {
    let now = 1_000_000;
    const next = uuidv7Source(
      () => now,
      (bytes) => bytes.fill(0xff),
    );
    let last = '';
    for (let count = 0; count < 9_000; count++) {
      if (count === 5_000) now -= 60_000;
      const id = next();
      expect(V7.test(id) && id > last).toBe(true);
      last = id;
    }
  });

  test('a UUIDv7 carries its time', () => {
    const clock = fixedClock({ now: Date.UTC(2026, 0, 2) });
    expect(Number.parseInt(clock.uuidv7().replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2026, 0, 2));
    clock.advance(5);
    expect(clock.now()).toBe(Date.UTC(2026, 0, 2) + 5);
    expect(clock.monotonicMs()).toBe(5);
  });
});
