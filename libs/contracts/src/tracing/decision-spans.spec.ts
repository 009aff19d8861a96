import { expect, test } from '@jest/globals';
import {
  type AttemptRecord,
  fence,
  NO_ORIGIN,
  parseDocument,
  type RunState,
  runId,
  startRun,
  type TaskState,
  toJsonText,
  versionId,
} from '@reprise/core';
import type { Decided } from '../decision-messages.js';
import { names } from '../topology.js';
import { spansOf } from './decision-spans.js';
import { runSpanId, taskSpanId } from './span-ids.js';

const NOW = Date.UTC(2030, 0, 1);
const parsed = parseDocument(`
workflow: orders
tasks:
  charge: { call: shop.pay, compensate: { call: shop.refund } }`);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow } = parsed;
const version = versionId('018f3c2e-0000-7000-8000-00000000000a');
const id = runId('018f3c2e-0000-7000-8000-000000000005');
const origin = { ...NO_ORIGIN, trace: { id: 'a'.repeat(32), parent: 'b'.repeat(16), sampled: true } };
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
const begun = startRun(workflow, { id, input: toJsonText({}), labels: {}, origin }, { now: NOW, units: [0.5], limits });
const decided = (fields: Partial<RunState> = {}): Decided => ({ workflow, version, run: { ...begun.run, ...fields }, now: NOW });
const [ready] = begun.tasks;
if (ready === undefined) throw new Error('no task');
const ended: TaskState = { ...ready, status: 'succeeded', startedAt: NOW, endedAt: NOW + 1, fence: fence(2) };
const nothing = { tasks: [], attempts: [], facts: [], messages: [] };
const success = { kind: 'attempt', node: 0, outcome: 'succeeded', fromLedger: false } as const;
const spans = (about: Decided, made: Partial<Parameters<typeof spansOf>[2]>) =>
  spansOf(names('test'), about, { ...nothing, ...made });

test('a success at the first try has a span of its attempt, one that a person has said has none', () => {
  expect(spans(decided(), { tasks: [ended], facts: [success] }).map(({ name }) => name)).toEqual([
    'attempt shop.pay',
    'task charge',
  ]);
  expect(spans(decided(), { tasks: [ended] }).map(({ name }) => name)).toEqual(['task charge']);
});

test('what has not ended, or had before, has none; nor has anything of a run whose trace is not kept', () => {
  expect(spans(decided(), { tasks: [ready, { ...ended, endedAt: NOW - 1 }] })).toEqual([]);
  const unkept = { ...origin, trace: { ...origin.trace, sampled: false } };
  for (const other of [unkept, NO_ORIGIN])
    expect(spans(decided({ origin: other }), { tasks: [ended], facts: [success] })).toEqual([]);
});

test('an attempt that was lost says so, and why another follows', () => {
  const lost: AttemptRecord = {
    ...ready,
    outcome: 'lost',
    startedAt: NOW - 5_000,
    endedAt: NOW,
    error: { code: 'LOST', message: 'gone', details: { secret: 'of the details' } },
    why: { reason: 'handed-back', executor: 'x', attempt: 1 },
    verdict: null,
  };
  const [span] = spans(decided(), { attempts: [lost] });
  expect(span).toMatchObject({ error: { code: 'LOST' }, startMs: NOW - 5_000, endMs: NOW, parentId: taskSpanId(id, ended, 0) });
  expect(span?.events.map(({ name }) => name)).toEqual(['reprise.why', 'exception']);
  expect(JSON.stringify([span?.attributes, span?.events])).not.toContain('of the details');
});

test('a compensation links to what it undoes; a run that was taken up again has another span, linked to the first', () => {
  const [undone] = spans(decided(), { tasks: [{ ...ended, node: 1 }] });
  expect(undone).toMatchObject({ parentId: runSpanId(id, 0), links: [{ span: taskSpanId(id, ended, 0) }] });
  const progress = { ...begun.run.progress, reopened: 1, reopenedAt: NOW + 5 };
  const again = decided({ status: 'failed', endedAt: NOW + 9, progress, error: { code: 'BAD', message: 'no' } });
  const [span] = spans(again, { messages: [{ kind: 'announce', status: 'failed' }] });
  expect(span).toMatchObject({
    spanId: runSpanId(id, 1),
    parentId: origin.trace.parent,
    startMs: NOW + 5,
    endMs: NOW + 9,
    error: { code: 'BAD' },
    links: [{ span: runSpanId(id, 0) }],
  });
});
