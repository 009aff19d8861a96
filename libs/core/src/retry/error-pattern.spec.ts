import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstMatch, matchesErrorPattern } from './error-pattern.js';

describe('an error pattern', () => {
  test.each([
    ['TIMEOUT', 'TIMEOUT', true],
    ['TIMEOUT', 'TIMEOUTS', false],
    ['TIMEOUT', 'timeout', false],
    ['http.5*', 'http.503', true],
    ['http.5*', 'http.5', true],
    ['http.5*', 'http.404', false],
    ['http.5*', 'httpx503', false],
    ['CARD_*', 'CARD_DECLINED', true],
    ['*.TIMEOUT', 'http.TIMEOUT', true],
    ['*', 'anything', true],
    ['*', '', true],
    ['**', 'x', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['*bc*c', 'abc', false],
    ['*ab*ab*', 'abab', true],
    ['h?tp', 'http', false],
    ['[a-z]', 'a', false],
    ['', '', true],
    ['', 'a', false],
  ])('%s on %s: %s', (pattern, code, matches) => {
    expect(matchesErrorPattern(pattern, code)).toBe(matches);
  });

  test('agrees with the regular expression it stands for', () => {
    const symbol = fc.constantFrom('a', 'b', '.');
    const pattern = fc.array(fc.oneof(symbol, fc.constant('*')), { maxLength: 8 }).map((parts) => parts.join(''));
    const code = fc.array(symbol, { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, code, (glob, text) => {
        const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matchesErrorPattern(glob, text)).toBe(expression.test(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test('made to keep a backtracking matcher busy is answered all the same', () => {
    expect(matchesErrorPattern(`${'a*'.repeat(5_000)}b`, `${'a'.repeat(200_000)}c`)).toBe(false);
    expect(matchesErrorPattern(`${'*a'.repeat(5_000)}b*c`, `${'a'.repeat(200_000)}c`)).toBe(false);
  });

  test('is found as the first of a list that matches', () => {
    expect(firstMatch(['exit.*', 'http.5*', 'http.503'], 'http.503')).toBe('http.5*');
    expect(firstMatch(['exit.*'], 'http.503')).toBeNull();
  });
});
