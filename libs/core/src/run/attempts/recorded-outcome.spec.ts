import { expect, test } from '@jest/globals';
import { workflowOf } from '@reprise/testing';
import { claimId, fence } from '../../ids.js';
import { toJsonText } from '../../json.js';
import { decide } from '../decide.js';
import { startRun } from '../start-run.js';
import { nothingLoaded } from '../state/decision.js';
import type { Outcome } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';

const claim = claimId('018f3c2e-0000-4000-8000-00000000000c');
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
const late: Outcome = {
  kind: 'failed',
  error: { code: 'TIMEOUT', message: 'too late', details: { kind: 'attempt' } },
  retryable: null,
  retryAfterMs: null,
};
const charged: Outcome = { kind: 'succeeded', output: toJsonText('charged') };

test.each<[string, Outcome | null, string]>([
  ['counts, whatever is reported: it was committed with the effect', charged, 'succeeded'],
  ['is not there: what is reported counts', null, 'retrying'],
])('an outcome in the row %s', (_, recorded, status) => {
  const workflow = workflowOf('workflow: w\ntasks: { a: { call: x } }');
  const id = '018f3c2e-0000-7000-8000-000000000001' as never;
  const { run, tasks } = startRun(workflow, { id, input: toJsonText({}), labels: {} }, { now: 0, units: [0.5], limits });
  const [ready] = tasks;
  if (ready === undefined) throw new Error('nothing to do');
  const task: TaskState = {
    ...ready,
    status: 'running',
    claim,
    fence: fence(2),
    leaseUntil: 9e9,
    startedAt: 0,
    executor: 'e',
    recorded,
  };
  const loaded = {
    ...nothingLoaded(run),
    tasks: new Map([['0:', task]]),
    open: true,
  };
  const decision = decide(workflow, loaded, [{ kind: 'outcome', node: 0, at: '', fence: fence(2), claim, outcome: late }], {
    now: 1,
    units: [0.5],
    limits,
  });
  expect(decision).toMatchObject({ applied: ['applied'], tasks: [{ status }] });
});
