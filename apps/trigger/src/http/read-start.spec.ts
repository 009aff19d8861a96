import { describe, expect, test } from '@jest/globals';
import { ProblemError } from '@reprise/service';
import { readStart } from './read-start.js';

const read = (body: unknown, key: string | null = null) => readStart('orders', body, key, 'http');

function problems(body: unknown, key: string | null = null): readonly (readonly [unknown, string])[] {
  try {
    read(body, key);
  } catch (error) {
    if (error instanceof ProblemError) return (error.errors ?? []).map(({ path, message }) => [path, message]);
  }
  throw new Error('accepted');
}

describe('a start', () => {
  test('is an input, and what one may say about it', () => {
    const body = { input: { a: 1 }, version: '1.2.0', labels: { 'team/a': 'blue' }, key: 'k1' };
    expect(read(body)).toEqual({ kind: 'start', workflow: 'orders', ...body, via: 'http', startedBy: null });
    expect(readStart('orders', body, null, 'http', 'anna')).toMatchObject({ startedBy: 'anna' });
    expect(read({})).toMatchObject({ input: {}, version: null, labels: {}, key: null });
    expect(read({ version: null, labels: null, key: null })).toEqual(read({}));
  });

  test('may give the number of a version as a number', () => {
    expect(read({ version: 3 })).toEqual(read({ version: '3' }));
  });

  test('may have null for an input: that is not the same as none', () => {
    expect(read({ input: null }).input).toBeNull();
  });

  test('takes its key from the header or the body, not two different ones', () => {
    expect(read({}, 'k1').key).toBe('k1');
    expect(read({ key: 'k1' }, 'k1').key).toBe('k1');
    expect(problems({ key: 'k2' }, 'k1')).toEqual([['key', 'the body has another key than the Idempotency-Key header']]);
  });

  test('says everything that is wrong with it at once', () => {
    const body = { inputs: {}, version: 1.1, labels: { '': 'x' }, key: 5 };
    expect(problems(body)).toEqual([
      ['inputs', 'unknown field "inputs", did you mean "input"?'],
      ['version', 'version must be text, such as "1.2.0"'],
      ['labels', expect.stringContaining('labels must be an object of short texts')],
      ['key', 'the idempotency key must be text of 1 to 255 printable ASCII characters'],
    ]);
  });

  test.each([
    ['a list', [1]],
    ['many', Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${index}`, '']))],
    ['numbers', { a: 1 }],
    ['text', 'blue'],
    ['long texts', { a: 'x'.repeat(256) }],
  ])('cannot have %s for labels', (_, labels) => {
    expect(problems({ labels })).toMatchObject([['labels', expect.anything()]]);
  });

  test.each(['', 'k'.repeat(256), 'a\u0000', 'ä', 'a\nb'])('cannot have the key %j', (key) => {
    expect(problems({}, key)).toMatchObject([['key', expect.anything()]]);
  });

  test.each([null, [], 'x', 5])('cannot be %j', (body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ status: 422, code: 'invalid_start' }));
  });
});
