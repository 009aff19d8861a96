import { describe, expect, test } from '@jest/globals';
import { type Json, toJsonText } from '@reprise/core';
import { resolveSecrets } from './resolve-secrets.js';

const read = (name: string): string | null => (name === 'NONE' ? null : `<${name}>`);
const resolve = (input: Json, ...uses: readonly { path: readonly (string | number)[]; parts: readonly unknown[] }[]) =>
  resolveSecrets(toJsonText(input), toJsonText(uses), read);

describe('secrets are put', () => {
  test.each<[string, Json, readonly (string | number)[], Json]>([
    ['into a field', { a: '' }, ['a'], { a: '<S>' }],
    ['into a field that is not there yet', {}, ['a', 'b'], { a: { b: '<S>' } }],
    ['into an item, the others stay', { list: ['x', 'y', 'z'] }, ['list', 1], { list: ['x', '<S>', 'z'] }],
    ['deep down', { a: [{ b: [0, 1] }] }, ['a', 0, 'b', 1], { a: [{ b: [0, '<S>'] }] }],
    ['in the place of the whole input', 'anything', [], '<S>'],
    ['into a field named like an inherited one', {}, ['constructor', 'toString'], { constructor: { toString: '<S>' } }],
    ['nowhere when the item is not there', ['x'], [3], ['x']],
  ])('%s', (_, input, path, expected) => {
    const { input: filled, values } = resolve(input, { path, parts: [{ secret: 'S' }] });
    expect(filled).toEqual(expected);
    expect(values).toEqual(['<S>']);
  });

  test('between text, and several into one', () => {
    const { input, values } = resolve({ a: 1 }, { path: ['b'], parts: ['x ', { secret: 'S' }, ' y ', { secret: 'T' }] });
    expect(input).toEqual({ a: 1, b: 'x <S> y <T>' });
    expect(values).toEqual(['<S>', '<T>']);
  });

  test('without touching any prototype', () => {
    const { input } = resolve({}, { path: ['__proto__', 'polluted'], parts: [{ secret: 'S' }] });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(JSON.stringify(input)).toBe('{"__proto__":{"polluted":"<S>"}}');
  });
});

test('nothing inside data is taken for a secret', () => {
  const input = { a: { secret: 'S' }, b: [{ path: ['a'], parts: [{ secret: 'S' }] }] };
  expect(resolveSecrets(toJsonText(input), null, read)).toEqual({ input, values: [] });
});

test('one that this executor does not have is an error that is not retried', () => {
  expect(() => resolve({}, { path: ['a'], parts: [{ secret: 'NONE' }] })).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', retryable: false }),
  );
});
