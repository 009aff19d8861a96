import { describe, expect, test } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

describe('Retry-After', () => {
  const now = Date.UTC(2030, 0, 1);
  const inHttp = (ms: number) => new Date(ms).toUTCString();
  test.each<[string, string | undefined, string | undefined, number | null]>([
    ['seconds', '120', undefined, 120_000],
    ['zero: at once', '0', undefined, 0],
    ['at most a day', '1000000000000', undefined, 86_400_000],
    ['a date from the answer’s own', inHttp(now + 9_000), inHttp(now + 4_000), 5_000],
    ['a date from our clock, without one', inHttp(now + 9_000), undefined, 9_000],
    ['a date that has passed', inHttp(now - 1), undefined, null],
    ['a negative number', '-1', undefined, null],
    ['garbage', 'soon', undefined, null],
    ['nothing', undefined, undefined, null],
  ])('%s', (_, value, date, expected) => {
    expect(retryAfterMs(value, date, now)).toBe(expected);
  });
});
