import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { compareDocuments } from './compare-documents.js';

describe('the difference of two versions', () => {
  test('names the field that changed, with both values', () => {
    const version = (maximumAttempts: number): Json => ({
      workflow: 'w',
      tasks: { a: { call: 'x', retry: { maximumAttempts } } },
    });
    expect(compareDocuments(version(3), version(5))).toEqual([
      { kind: 'changed', path: 'tasks.a.retry.maximumAttempts', before: 3, after: 5 },
    ]);
  });

  test('shows tasks that came and went', () => {
    expect(compareDocuments({ tasks: { a: 1, b: { x: 1 } } }, { tasks: { b: { x: 1 }, c: 3 }, timeout: '1h' })).toEqual([
      { kind: 'added', path: 'tasks.c', after: 3 },
      { kind: 'removed', path: 'tasks.a', before: 1 },
      { kind: 'added', path: 'timeout', after: '1h' },
    ]);
  });

  test('takes the tasks of a sequence by their id: one in the middle is one addition', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, call: 'x' }));
    expect(compareDocuments({ tasks: [a, c] as Json }, { tasks: [a, b, { ...c, call: 'y' }] as Json })).toEqual([
      { kind: 'added', path: 'tasks[b]', after: b },
      { kind: 'changed', path: 'tasks[c].call', before: 'x', after: 'y' },
    ]);
  });

  test('says when tasks of a sequence changed places', () => {
    expect(compareDocuments([{ id: 'a' }, { id: 'b' }, { id: 'c' }], [{ id: 'c' }, { id: 'a' }])).toEqual([
      { kind: 'moved', path: '', before: ['a', 'c'], after: ['c', 'a'] },
      { kind: 'removed', path: '[b]', before: { id: 'b' } },
    ]);
  });

  test.each<[string, Json, Json]>([
    ['lists of values', [1, 2], [1, 3]],
    ['lists with the same id twice', [{ id: 'a' }, { id: 'a' }], [{ id: 'a' }]],
    ['lists of maps without ids', [{ a: 1 }], [{ id: 'a' }]],
    ['another kind of value', { a: 1 }, [{ id: 'a' }]],
    ['a value and nothing', 1, null],
  ])('gives %s as a whole', (_what, before, after) => {
    expect(compareDocuments(before, after)).toEqual([{ kind: 'changed', path: '', before, after }]);
  });

  test('is empty for the same content, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reordered = JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
          typeof inner === 'object' && inner !== null && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).reverse())
            : inner,
        );
        expect(compareDocuments(value as Json, reordered as Json)).toEqual([]);
      }),
    );
  });
});
