import { format } from '@cfworker/json-schema';
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../json.js';
import { checkInput } from './check-input.js';

const told = (schema: Json, input: Json): string[] => checkInput(schema, input).map(({ path, message }) => `${path}: ${message}`);

const ORDER: Json = {
  type: 'object',
  required: ['id', 'lines'],
  properties: {
    id: { type: 'string', minLength: 3, pattern: '^[A-Z]+-' },
    lines: {
      type: 'array',
      maxItems: 3,
      items: {
        type: 'object',
        required: ['sku'],
        properties: { sku: { type: ['string', 'null'] }, n: { type: 'integer', minimum: 1 } },
      },
    },
    at: { type: 'string', format: 'date-time' },
    odd: {},
  },
  additionalProperties: false,
};

describe('an input is checked against the schema', () => {
  test('a good one has no problems', () => {
    expect(told(ORDER, { id: 'A-1', lines: [{ sku: 'x', n: 1 }], at: '2030-01-01T00:00:00Z' })).toEqual([]);
  });

  test('a bad one has all of them, each with its path', () => {
    expect(told(ORDER, { id: 'a', lines: [{ n: 1.5 }, { sku: 5, n: 0 }], at: 'soon', more: 1 })).toEqual([
      'id: does not match the pattern ^[A-Z]+-',
      'id: string is too short (1 < 3)',
      'lines[0]: `sku` is missing',
      'lines[0].n: must be integer, not number',
      'lines[1].sku: must be string or null, not number',
      'lines[1].n: 0 is less than 1',
      'at: is not of the format date-time',
      'more: is not allowed',
    ]);
    expect(told(ORDER, [])).toEqual([': must be object, not array']);
  });

  test('paths of keys that are no names', () => {
    expect(told({ properties: { 'a/b~c %': { properties: { $d: false } } } }, { 'a/b~c %': { $d: 1 } })).toEqual([
      '["a/b~c %"]["$d"]: is not allowed',
    ]);
  });

  test('alternatives are one problem, not one for each', () => {
    const schema = {
      properties: {
        a: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        b: { oneOf: [{ minimum: 0 }, { maximum: 9 }] },
        c: { type: 'string' },
      },
    };
    expect(told(schema, { a: 1, b: 5, c: 1 })).toEqual([
      'a: does not match any subschemas',
      'b: does not match exactly one subschema (2 matches)',
      'c: must be string, not number',
    ]);
  });

  test('what is nested in every way', () => {
    const schema = {
      allOf: [{ $ref: '#/$defs/named' }],
      if: { not: { required: ['a'] } },
      else: { required: ['b'] },
      dependentSchemas: { a: { properties: { a: { const: 1 } } } },
      propertyNames: { maxLength: 4 },
      $defs: { named: { required: ['name'] } },
    };
    expect(told(schema, { a: 2, longer: 1 })).toEqual(
      expect.arrayContaining([': `name` is missing', ': `b` is missing', 'a: does not match 1']),
    );
    expect(told(schema, { a: 1, b: 1, name: 1 })).toEqual([]);
  });

  test('true allows everything, false nothing', () => {
    expect(told(true, { a: 1 })).toEqual([]);
    expect(told(false, null)).toEqual([': no input is allowed']);
  });

  test('at most a hundred problems', () => {
    expect(
      told(
        { items: { type: 'string' } },
        Array.from({ length: 5_000 }, (_, index) => index),
      ),
    ).toHaveLength(100);
  });
});

describe('patterns run in linear time and leave no trace', () => {
  const evil: Json = { allOf: [{ pattern: '^(a+)+$' }], properties: { a: { items: { pattern: '(x|x)*y' } } }, pattern: '^a' };

  test('what keeps a backtracking matcher busy for ever is answered at once', () => {
    const start = performance.now();
    expect(told(evil, `${'a'.repeat(5_000)}!`)).toEqual([': does not match the pattern ^(a+)+$']);
    expect(told(evil, { a: ['x'.repeat(5_000)] })).toEqual(['a[0]: does not match the pattern (x|x)*y']);
    expect(told(evil, 'aaa')).toEqual([]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('formats of the library are as they were', () => {
    told(evil, 'b');
    expect(Object.keys(format).filter((name) => name.startsWith('pattern '))).toEqual([]);
  });

  test('the schema itself is not written to, so it may be frozen and used by others', () => {
    const schema = Object.freeze({ type: 'object', properties: Object.freeze({ a: Object.freeze({ pattern: 'x' }) }) });
    expect(told(schema, { a: 'y' })).toEqual(['a: does not match the pattern x']);
    expect(JSON.stringify(schema)).toBe('{"type":"object","properties":{"a":{"pattern":"x"}}}');
  });

  test('properties called like keywords are properties', () => {
    expect(
      told({ properties: { pattern: { type: 'string' }, items: true, enum: false } }, { pattern: '(', items: 1, enum: 1 }),
    ).toEqual(['enum: is not allowed']);
  });
});
