import { expect, test } from '@jest/globals';
import { parseDocument } from '../../document/parse-document.js';
import { runId } from '../../ids.js';
import { toJsonText } from '../../json.js';
import { compileWorkflow } from '../../workflow/compile.js';
import { startRun } from '../start-run.js';

test('a probe calls with the instant that it is fired for', () => {
  const parsed = parseDocument(`workflow: w
on: [{ poll: { every: 1m, call: look, with: { since: "\${{ schedule.previous }}", until: "\${{ schedule.time }}" }, if: output.ready } }]
tasks: { a: { transform: 1 } }`);
  const trigger = parsed.kind === 'ok' ? parsed.workflow.triggers[0] : undefined;
  if (trigger?.kind !== 'poll') throw new Error(JSON.stringify(parsed));
  const input = toJsonText({ time: '2026-01-01T00:01:00Z', previous: null });
  const request = { id: runId('01900000-0000-7000-8000-000000000001'), input, labels: {} };
  const limits = { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 };
  const { tasks, messages } = startRun(compileWorkflow(trigger.probe), request, { now: 0, units: [0.5], limits });
  expect(tasks.map((task) => task.input)).toEqual(['{"since":null,"until":"2026-01-01T00:01:00Z"}']);
  expect(messages.map(({ kind }) => kind)).toContain('dispatch');
});
