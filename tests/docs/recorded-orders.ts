import type { History } from '@reprise/testing';

/** The policy that was in force, as docs/simulate-retry.md shows it. */
export const IN_FORCE = { maximumAttempts: 6, initialIntervalMs: 1_000, maximumIntervalMs: 60_000, jitter: 'full' } as const;

const START = Date.UTC(2026, 0, 5, 8);
const MINUTE = 60_000;

/** Spread evenly, the same each time. */
const draw = (index: number): number => (index * 0.618) % 1;

const many = (count: number, codes: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: count }, () => codes);

/** A day of a shop: most charges succeed at once; a gateway hiccups now and then, and once for all; cards are declined. */
export function recordedOrders(): readonly History[] {
  const ordinary = [
    ...many(860, []),
    ...many(48, ['http.503']),
    ...many(11, ['http.503', 'http.503']),
    ...many(4, ['http.503', 'http.503', 'http.503', 'http.503']),
    ...many(9, ['TIMEOUT']),
    ...many(
      26,
      Array.from({ length: 6 }, () => 'CARD_DECLINED'),
    ),
    ...many(
      5,
      Array.from({ length: 6 }, () => 'http.503'),
    ),
    ...many(2, ['LOST']),
  ];
  // 397 and the count have no factor in common: each comes once, and the kinds are spread over the day.
  const spread = ordinary.map((_, index) => ordinary[(index * 397) % ordinary.length] ?? []);
  const day = spread.map((codes, index) => ({ startedAt: START + index * MINUTE, codes, retry: IN_FORCE, unit: draw(index) }));
  const outage = START + 300 * MINUTE;
  const storm = Array.from({ length: 35 }, (_, index) => ({
    startedAt: outage + index * 40,
    codes: ['http.503', 'http.503'],
    retry: IN_FORCE,
    unit: draw(index),
  }));
  return [...day, ...storm];
}
