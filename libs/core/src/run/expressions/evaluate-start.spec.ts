import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../../document/parse-document.js';
import type { Json } from '../../json.js';
import { evaluateStart } from './evaluate-start.js';

const event = (data: Json) => ({ event: { id: 'e1', source: 's', type: 'order.placed', subject: null, time: null, data } });

function start(on: string, data: Json) {
  const parsed = parseDocument(`workflow: orders\non:\n  - event: order.placed\n${on}tasks: { a: { transform: 1 } }\n`);
  const trigger = parsed.kind === 'ok' ? parsed.workflow.triggers[0] : undefined;
  if (trigger === undefined) throw new Error(JSON.stringify(parsed));
  return evaluateStart(trigger, event(data), data);
}

describe('what an entry of `on` makes of an event', () => {
  test('that says nothing more is a run with the input of its kind, under no key', () => {
    expect(start('', { id: 7 })).toEqual({ kind: 'start', input: { id: 7 }, key: null });
  });

  test('is what it says', () => {
    expect(start('    input: { order: "${{ event.data.id }}" }\n    key: event.data.id\n', { id: 'o1' })).toEqual({
      kind: 'start',
      input: { order: 'o1' },
      key: 'o1',
    });
  });

  test('is a key of text, also where the value is a number', () => {
    expect(start('    key: event.data.id\n', { id: 7 })).toMatchObject({ key: '7' });
  });

  test.each([[''], ['x'.repeat(513)], [null], [{ of: 1 }]])('is nothing where the key would be %j', (id) => {
    expect(start('    key: event.data.id\n', { id })).toEqual({
      kind: 'unmatched',
      reason: expect.stringContaining('a key must be text of 1 to 512 characters or a number'),
    });
  });

  test('is nothing where the condition is false, or cannot be evaluated', () => {
    expect(start('    if: event.data.total > 5\n', { total: 9 }).kind).toBe('start');
    expect(start('    if: event.data.total > 5\n', { total: 1 })).toEqual({
      kind: 'unmatched',
      reason: 'if: event.data.total > 5 is false',
    });
    expect(start('    if: event.data.total > 5\n', {})).toEqual({
      kind: 'unmatched',
      reason: expect.stringMatching(/^EXPRESSION: /),
    });
  });

  test('lets nothing pass that is no matter of expressions', () => {
    const trigger = { condition: null, key: null, input: { source: 'not compiled' } };
    expect(() => evaluateStart(trigger as never, {}, null)).toThrow(TypeError);
  });
});
