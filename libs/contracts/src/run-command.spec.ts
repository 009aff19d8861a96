import { describe, expect, test } from '@jest/globals';
import type { JsonText } from '@reprise/core';
import { decodeRunCommand, encodeRunCommand, type RunCommand } from './run-command.js';

const COMMANDS: readonly RunCommand[] = [
  { kind: 'cancel', reason: 'enough', by: 'ann' },
  { kind: 'cancel', reason: null, by: null },
  { kind: 'retry-run', by: 'ann' },
  { kind: 'pause', by: 'ann' },
  { kind: 'resume', by: null },
  { kind: 'retry-now', node: 3, at: '1.0', by: 'ann' },
  { kind: 'resolve', node: 0, at: '', outcome: 'succeeded', output: '{"id":7}' as JsonText, reason: null, by: 'ann' },
  { kind: 'resolve', node: 0, at: '', outcome: 'retry', output: null, reason: 'once more', by: null },
  {
    kind: 'settle',
    node: 2,
    at: '4',
    effects: [
      { name: 'charge', happened: true, result: '{"id":7}' as JsonText },
      { name: 'mail', happened: false },
    ],
    reason: 'seen it',
    by: 'ann',
  },
];

describe('what a person asks of a run', () => {
  test.each(COMMANDS)('is read back from its row as it was: %j', (command) => {
    const { kind, payload, askedBy } = encodeRunCommand(command);
    const stored = JSON.parse(JSON.stringify(payload));
    expect(decodeRunCommand(kind, stored, askedBy)).toEqual({ kind: 'ok', command });
  });

  test.each<[string, unknown]>([
    ['cancel', { reason: 7 }],
    ['cancel', null],
    ['retry-now', { node: -1, at: '' }],
    ['retry-now', { node: 0, at: 'first' }],
    ['resolve', { node: 0, at: '', outcome: 'maybe' }],
    ['settle', { node: 0, at: '', reason: null }],
    ['resolve', { node: 0, at: '', outcome: 'succeeded', output: { id: 7 } }],
  ])('that nobody could make sense of is told apart: %s %j', (kind, payload) => {
    expect(decodeRunCommand(kind, payload, null)).toEqual({ kind: 'bad' });
  });

  test.each(['teleport', 'toString', ''])('of a later version, %j, is left to that', (kind) => {
    expect(decodeRunCommand(kind, {}, null)).toEqual({ kind: 'unknown' });
  });
});
