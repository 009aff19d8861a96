import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { correlationKey, topicMatches } from './topic.js';

/** The same as a regular expression, read from RabbitMQ's documentation; every word ends with a dot. */
const reference = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('.')
      .map((word) => (word === '#' ? '([a-z]+\\.)*' : word === '*' ? '[a-z]+\\.' : `${word}\\.`))
      .join('')}$`,
  );

const word = fc.constantFrom('a', 'b', 'c');
const types = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('.'));
const patterns = fc
  .array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 6 })
  .map((words) => words.join('.'));

describe('a pattern', () => {
  test('means what it means to RabbitMQ', () => {
    fc.assert(
      fc.property(patterns, types, (pattern, type) => {
        expect(topicMatches(pattern, type)).toBe(reference(pattern).test(`${type}.`));
      }),
      { numRuns: 1_000 },
    );
  });

  test('never matches a start by name', () => {
    for (const pattern of ['#', 'run.#', 'run.start.*', 'run.start.orders'])
      expect(topicMatches(pattern, 'run.start.orders')).toBe(false);
  });
});

describe('a key', () => {
  test.each([
    ['text', 'a b', 'a b'],
    ['a number', 7, '7'],
    ['a decimal', 0.5, '0.5'],
    ['true', true, 'true'],
    ['no text', '', null],
    ['nothing', null, null],
    ['a list', ['a'], null],
    ['a NUL', 'a\u0000', null],
    ['half a character', '\ud800', null],
    ['512 characters', 'x'.repeat(512), 'x'.repeat(512)],
    ['513 characters', 'x'.repeat(513), null],
  ])('of %s', (_, value, key) => {
    expect(correlationKey(value)).toBe(key);
  });
});
