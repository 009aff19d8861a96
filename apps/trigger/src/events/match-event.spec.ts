import { describe, expect, test } from '@jest/globals';
import { type Json, parseDocument, topicMatches } from '@reprise/core';
import fc from 'fast-check';
import { matchTrigger } from './match-event.js';
import type { TriggerEvent } from './trigger-event.js';

/** RabbitMQ's rule, as a regular expression over words that each end in a dot. */
function reference(pattern: string): RegExp {
  const word = '[^.]+\\.';
  const parts = pattern.split('.').map((part) => (part === '#' ? `(${word})*` : part === '*' ? word : `${part}\\.`));
  return new RegExp(`^${parts.join('')}$`);
}

const dotted = (words: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength }).map((parts) => parts.join('.'));

describe('a topic pattern', () => {
  test('matches what AMQP says it matches', () => {
    fc.assert(
      fc.property(dotted(['a', 'b', 'run', 'start', '*', '#'], 6), dotted(['a', 'b', 'run', 'start'], 7), (pattern, type) => {
        fc.pre(!type.startsWith('run.start.'));
        expect(topicMatches(pattern, type)).toBe(reference(pattern).test(`${type}.`));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each(['#', 'run.start.orders', 'run.#', '*.*.*', 'run.start.*'])(
    'never matches the reserved run.start.…: %s',
    (pattern) => {
      expect(topicMatches(pattern, 'run.start.orders')).toBe(false);
    },
  );

  test('run.start alone is a type like any', () => {
    expect(topicMatches('run.*', 'run.start')).toBe(true);
  });

  test('with many # costs no more than its length times the type’s', () => {
    const type = Array.from({ length: 500 }, () => 'a').join('.');
    expect(topicMatches(`${'#.a.'.repeat(60)}b`, type)).toBe(false);
    expect(topicMatches(`${'#.'.repeat(60)}a`, type)).toBe(true);
  });
});

const event: TriggerEvent = {
  source: 'shop/1',
  id: 'e1',
  type: 'order.placed',
  subject: 'o1',
  time: '2030-01-01T00:00:00Z',
  data: { id: 7, total: 5, sku: 'x', list: [1] },
  extensions: { tenant: 'blue' },
  anonymous: false,
};

function match(on: string, given: Partial<TriggerEvent> = {}) {
  const parsed = parseDocument(`workflow: w\non:\n  - { event: order.*, ${on} }\ntasks: { a: { transform: 1 } }`);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  const [trigger] = parsed.workflow.triggers;
  if (trigger?.kind !== 'event') throw new Error('no trigger');
  return matchTrigger(trigger, { ...event, ...given });
}

describe('a trigger', () => {
  test('is not about events of other types or sources', () => {
    expect(match('if: true', { type: 'invoice.placed' })).toBeNull();
    expect(match('source: other')).toBeNull();
    expect(match('source: shop/1')).toMatchObject({ kind: 'start' });
  });

  test('starts with the event’s data unless it says otherwise', () => {
    expect(match('if: event.data.total > 1')).toEqual({ kind: 'start', input: event.data, key: null });
    const input = 'input: { id: "${{ event.data.id }}", who: "${{ event.tenant }}/${{ event.subject }}" }';
    expect(match(input)).toMatchObject({ input: { id: 7, who: 'blue/o1' } });
  });

  test('whose condition is false, or cannot be evaluated, is recorded with why', () => {
    expect(match('if: event.data.total > 10')).toEqual({ kind: 'unmatched', reason: 'if: event.data.total > 10 is false' });
    expect(match('if: event.data.missing.field == 1')).toMatchObject({
      kind: 'unmatched',
      reason: expect.stringMatching(/^EXPRESSION: /),
    });
  });

  test.each<[string, Json, string | null]>([
    ['text', 'k1', 'k1'],
    ['a number', 7, '7'],
    ['nothing', '', null],
    ['a list', [1], null],
    ['no value', null, null],
    ['too long a text', 'k'.repeat(513), null],
  ])('has a key that is %s', (_, id, key) => {
    const found = match('key: "${{ event.data.id }}"', { data: { id } });
    if (key === null) expect(found).toMatchObject({ kind: 'unmatched', reason: expect.stringContaining('a key must be text') });
    else expect(found).toMatchObject({ kind: 'start', key });
  });
});
