import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainJson } from './explain-json.js';
import { parseJson } from './parse-json.js';

const parse = (text: string) => parseJson(text, { maxDepth: 64 });

describe('JSON', () => {
  test('what JSON.stringify writes is read back as it was', () => {
    // fast-check's strings may hold NUL and its objects __proto__: those are refused on purpose, below.
    const plain = fc
      .jsonValue({ maxDepth: 5 })
      .filter((value) => !/\\u0000|__proto__|constructor/.test(JSON.stringify(value)) && !hasUnsafeInteger(value));
    fc.assert(
      fc.property(plain, fc.constantFrom(0, 2), (value, indent) =>
        expect(parse(JSON.stringify(value, null, indent))).toEqual({ kind: 'ok', value: JSON.parse(JSON.stringify(value)) }),
      ),
    );
  });

  test('a broken text is explained where JSON.parse fails, and only there', () => {
    const damaged = fc
      .tuple(fc.jsonValue(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '\\', 'x', '\n', ':'))
      .map(([value, at, with_]) => {
        const text = JSON.stringify(value);
        return text.slice(0, at % (text.length + 1)) + with_ + text.slice((at % (text.length + 1)) + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let good = true;
        try {
          JSON.parse(text);
        } catch {
          good = false;
        }
        const explained = explainJson(text);
        const nothingFound = explained.message === 'The text is not JSON.';
        expect(nothingFound ? good : !good || explained.code === 'duplicate_key').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['{"a":1', 'invalid_json', { position: 6, line: 1, column: 7 }],
    ['{\n  "a": tru\n}', 'invalid_json', { line: 2, column: 8 }],
    ['', 'invalid_json', { position: 0 }],
    ["{'a':1}", 'invalid_json', { position: 1 }],
    ['[1,]', 'invalid_json', { position: 3 }],
    ['{"a":1}}', 'invalid_json', { position: 7 }],
    ['"\\x"', 'invalid_json', { position: 1 }],
    ['{"a":1,"b":{"c":1,"c":2}}', 'duplicate_key', { position: 18 }],
    ['{"a":1,"\\u0061":2}', 'duplicate_key', { position: 7 }],
    ['{"__proto__":{"admin":true}}', 'forbidden_key', { path: '/__proto__' }],
    ['{"x":[{"constructor":{"prototype":{}}}]}', 'forbidden_key', { path: '/x/0/constructor' }],
    ['{"n":9007199254740993}', 'number_out_of_range', { path: '/n' }],
    ['[1e400]', 'number_out_of_range', { path: '/0' }],
    ['[-1e400]', 'number_out_of_range', { path: '/0' }],
    ['{"a/b":"x\\u0000"}', 'invalid_text', { path: '/a~1b' }],
    ['["\\ud800"]', 'invalid_text', { path: '/0' }],
    ['{"\\ud800":1}', 'invalid_text', { path: '/\ufffd' }],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'depth_exceeded', {}],
    ['['.repeat(100_000), 'depth_exceeded', {}],
  ])('%.40s is refused as %s', (text, code, place) => {
    expect(parse(text)).toMatchObject({ kind: 'bad', code, ...place });
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test.each([
    '{"constructor":"Ferrari"}',
    '{"a":"\\ud83d\\ude00"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":":{,\\"["}',
    '9007199254740991',
    '0.12345678901234567',
    ' [ ] ',
    '1e21',
  ])('%s is fine', (text) => {
    expect(parse(text)).toEqual({ kind: 'ok', value: JSON.parse(text) });
  });
});

function hasUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnsafeInteger);
}
