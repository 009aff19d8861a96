import { expect, test } from '@jest/globals';
import { Interpreter, succeedWith, workflowOf } from '@reprise/testing';
import { judgeGroupAttempt } from './nodes/judge-group-attempt.js';
import { repeatOf, roundsProgress } from './nodes/rounds.js';
import { nothingLoaded } from './state/decision.js';
import { Draft } from './state/draft.js';
import type { TaskState } from './state/task-state.js';

const workflow = workflowOf('workflow: w\ntasks: { a: { call: x.a }, b: { repeat: { maximum: 2 }, call: x.b } }');
const run = new Interpreter(workflow, { handler: () => succeedWith(1, 60_000) }).advance(1_000);
const limits = { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 };
const draft = new Draft(workflow, nothingLoaded(run.run), { now: run.now, units: [], limits });
const call = run.task('a') as TaskState;
const owner = run.task('b') as TaskState;

/** Nothing in the core asks for these: whoever does has read a row that belongs to another workflow. */
test('what does not repeat has no rounds, and what is no group no attempts of its own', () => {
  expect(roundsProgress(draft, owner).round).toBe(1);
  expect(repeatOf(draft.node(owner.node)).maximum).toBe(2);
  expect(() => roundsProgress(draft, call)).toThrow('counts no rounds');
  expect(() => repeatOf(draft.node(call.node))).toThrow('a does not repeat');
  const failed: TaskState = { ...call, status: 'failed', error: { code: 'X', message: 'x' } };
  expect(() => judgeGroupAttempt(draft, { ...call, progress: owner.progress }, failed)).toThrow('a is no group');
});
