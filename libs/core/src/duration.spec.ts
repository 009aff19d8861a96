import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, MAX_DURATION_MS, parseDuration } from './duration.js';

describe('parseDuration reads', () => {
  test.each([
    ['250ms', 250],
    ['5s', 5_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1.5s', 1_500],
    ['1.1h', 3_960_000],
    ['1m1.5s', 61_500],
    ['1d1h1m1s1ms', 90_061_001],
    ['0s', 0],
    ['90m', 5_400_000],
    ['366d', MAX_DURATION_MS],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ kind: 'ok', ms });
  });
});

describe('parseDuration refuses, and says what to write', () => {
  test.each([
    ['5', '"5" has no unit', 'say which: 5s is seconds, 5ms milliseconds'],
    ['0', '"0" has no unit', 'say which: 0s is seconds, 0ms milliseconds'],
    ['1.5', '"1.5" has no unit', 'say which: 1.5s is seconds, 1.5ms milliseconds'],
    ['', '"" is not a duration', '250ms'],
    ['-5s', '"-5s" is not a duration', '250ms'],
    ['.5s', '".5s" is not a duration', '250ms'],
    ['1 h', '"1 h" is not a duration', '250ms'],
    ['1h30', '"1h30" is not a duration', '250ms'],
    ['PT5S', '"PT5S" is not a duration', '250ms'],
    ['5S', '"S" is not a unit of time', 'lower case'],
    ['1w', '"w" is not a unit of time', 'd, h, m, s and ms'],
    ['30m1h', '"30m1h" has its units out of order', '1h30m'],
    ['1s1s', '"1s1s" has its units out of order', 'once'],
    ['1.5h30m', '"1.5h30m" has a decimal before its last part', '1m1.5s'],
    ['0.5ms', '"0.5ms" is not a whole number of milliseconds', '1ms'],
    ['1.0005s', '"1.0005s" is not a whole number of milliseconds', '1ms'],
    ['366d1ms', '"366d1ms" is longer than 366d', '366d'],
    ['99999999999999999999999999d', '"99999999999999999999999999d" is longer than 366d', '366d'],
  ])('%s', (text, message, hint) => {
    expect(parseDuration(text)).toEqual({ kind: 'bad', message, hint: expect.stringContaining(hint) });
  });

  test('a very long text, without repeating it', () => {
    for (const text of ['1h'.repeat(50_000), '9'.repeat(100_000)]) {
      const parsed = parseDuration(text);
      expect(parsed.kind === 'bad' && parsed.message.length).toBeLessThan(100);
    }
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [-5, '0s'],
    [Number.NaN, '0s'],
    [250, '250ms'],
    [1_800, '1.8s'],
    [60_000, '1m'],
    [61_500, '1m1.5s'],
    [5_400_000, '1h30m'],
    [90_061_001, '1d1h1m1.001s'],
    [1_023_999.6, '17m4s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('writes what parseDuration reads back, for every whole millisecond', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat({ max: MAX_DURATION_MS }), fc.nat({ max: 200_000 })), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ kind: 'ok', ms });
      }),
      { numRuns: 2_000 },
    );
  });

  test('never makes parseDuration throw or leave its range, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^([0-9.]{1,4}(ms|s|m|h|d)){1,4}$/));
    fc.assert(
      fc.property(text, (candidate) => {
        const parsed = parseDuration(candidate);
        if (parsed.kind === 'bad') return parsed.message !== '' && parsed.hint !== '';
        return Number.isInteger(parsed.ms) && parsed.ms >= 0 && parsed.ms <= MAX_DURATION_MS;
      }),
    );
  });
});
