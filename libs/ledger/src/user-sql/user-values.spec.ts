import { expect, test } from '@jest/globals';
import { parserWhile } from './user-values.js';

const JSON_OID = 114;
const INT_ARRAY_OID = 1007;

test('values become JSON', () => {
  expect(parserWhile(JSON_OID, () => true)('{"a":[1]}')).toEqual({ a: [1] });
  expect(parserWhile(INT_ARRAY_OID, () => true)('{1,{2,NULL}}')).toEqual([1, [2, null]]);
});

test('what is too large to be kept is not parsed', () => {
  const lengths: number[] = [];
  const parse = parserWhile(JSON_OID, (length) => {
    lengths.push(length);
    return length < 10;
  });
  expect([parse('{"a":1}'), parse('not JSON, and long')]).toEqual([{ a: 1 }, null]);
  expect(lengths).toEqual([7, 18]);
});
