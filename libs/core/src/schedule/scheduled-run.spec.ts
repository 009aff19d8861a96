import { expect, test } from '@jest/globals';
import { Interpreter } from '@reprise/testing';

test('a run that a schedule started knows the instant, as the schedule wrote it', () => {
  const text = 'workflow: w\ntasks: { a: { transform: "${{ run.scheduledFor }}" } }';
  const run = Interpreter.of(text, { origin: { scheduledFor: Date.UTC(2026, 0, 1, 3) } }).toRest();
  expect(run.outputOf('a')).toBe('2026-01-01T03:00:00Z');
});
