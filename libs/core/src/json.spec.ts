import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json, JsonError, measureJson, parseJsonText, toJsonText } from './json.js';

const LONE = /\p{Surrogate}/u;

describe('toJsonText', () => {
  test('is JSON.stringify for everything Postgres accepts as it is', () => {
    const value = { a: [1, -2.5, 'ä😀\n"\\', true, null], '\u001f': '\\u0000' };
    expect(toJsonText(value)).toBe(JSON.stringify(value));
  });

  test('replaces NUL and lone surrogates, in strings and in keys, and nothing that only looks like them', () => {
    const text = toJsonText({ 'k\0': 'a\0b\ud800c\udfffd', kept: '😀 \\u0000 \u0001' });
    expect(JSON.parse(text)).toEqual({ 'k\ufffd': 'a\ufffdb\ufffdc\ufffdd', kept: '😀 \\u0000 \u0001' });
  });

  test('writes null for what JSON does not have', () => {
    expect([undefined, Number.NaN, Number.NEGATIVE_INFINITY, () => 1].map(toJsonText)).toEqual(['null', 'null', 'null', 'null']);
  });

  test('says that cycles, BigInt and throwing toJSON cannot be written', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const hostile = {
      toJSON: () => {
        throw 'no';
      },
    };
    for (const value of [cycle, 1n, hostile]) {
      expect(() => toJsonText(value)).toThrow(JsonError);
      expect(() => toJsonText(value)).toThrow(expect.objectContaining({ code: 'NOT_SERIALIZABLE' }));
    }
  });

  test('never yields text that json or jsonb refuses', () => {
    const anyText = fc.string({ unit: 'binary' }).map((text) => `${text}\0\ud83d`);
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), anyText, fc.string(), (value, text, key) => {
        const json = toJsonText({ value, [text]: text, [key]: [text] });
        expect(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(json)).toBe(false);
        expect(LONE.test(json)).toBe(false);
        expect(() => parseJsonText(json)).not.toThrow();
      }),
    );
  });
});

describe('measureJson', () => {
  const measure = (value: unknown, maxDepth = 4) => measureJson(value, { maxDepth });

  test('lets ordinary JSON pass', () => {
    expect(measure({ a: [1, 'ä😀', null, { b: true }], c: {}, d: [] })).toEqual({ kind: 'ok' });
    expect(measure('text')).toEqual({ kind: 'ok' });
    expect(measure(undefined)).toEqual({ kind: 'ok' });
  });

  test('names the place of the first fault', () => {
    expect(measure({ a: [1, { 'b c': 'x\0' }] })).toEqual({ kind: 'bad-text', path: 'a[1]["b c"]' });
    expect(measure({ ok: { bad: '\ud800' } })).toEqual({ kind: 'bad-text', path: 'ok.bad' });
    expect(measure({ '\udc00': 1 })).toEqual({ kind: 'bad-text', path: '["\\udc00"]' });
    expect(measure([[], Number.NaN])).toEqual({ kind: 'bad-number', path: '[1]' });
    expect(measure(1n)).toEqual({ kind: 'bad-number', path: '' });
    expect(measure(JSON.parse('{"a":{"__proto__":{"admin":true}}}'))).toEqual({ kind: 'forbidden-key', path: 'a.__proto__' });
  });

  test('finds nesting beyond the limit without using the stack, cycles too', () => {
    expect(measure([[[[]]]])).toEqual({ kind: 'ok' });
    expect(measure([[[[[]]]]])).toEqual({ kind: 'too-deep', path: '[0][0][0][0]' });
    let deep: unknown = 1;
    for (let level = 0; level < 200_000; level += 1) deep = [deep];
    expect(measure(deep, 1_000_000)).toEqual({ kind: 'ok' });
    const cycle: unknown[] = [];
    cycle.push({ again: cycle });
    expect(measure(cycle, 3)).toEqual({ kind: 'too-deep', path: '[0].again[0]' });
  });

  test('agrees with toJsonText: what passes is written unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        if (measure(value, 20).kind === 'ok') expect(toJsonText(value)).toBe(JSON.stringify(value));
        else expect(JSON.stringify(value)).toMatch(/__proto__|\\u/);
      }),
    );
  });
});

describe('canonicalJson', () => {
  test('is RFC 8785: keys in UTF-16 order, shortest numbers, no white space', () => {
    const value = { '\u20ac': 1, '\r': 2, '1': [1e21, 0.000001, -0, 'a\u001f/'], '\ud83d\ude00': true, ö: null };
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":[1e+21,0.000001,0,"a\\u001f/"],"ö":null,"€":1,"😀":true}');
  });

  test('does not depend on the order of keys, and means the same value', () => {
    const reversed = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, item]) => [key, reversed(item as Json)])
          .reverse(),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue() as fc.Arbitrary<Json>, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)) as Json)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
