import { describe, expect, test } from '@jest/globals';
import {
  type CommitFate,
  failWith,
  Interpreter,
  type InterpreterOptions,
  ORDERLY,
  succeedWith,
  workflowOf,
} from '@reprise/testing';
import { keyOf } from '../address.js';
import type { JsonText } from '../json.js';
import { decide } from './decide.js';
import { type Loaded, nothingLoaded } from './state/decision.js';
import type { TaskState } from './state/task-state.js';

const document = `
workflow: w
tasks:
  ready: { call: x.ready }
  retrying: { call: x.retrying, retry: { initialInterval: 10s, jitter: none } }
  nap: { sleep: 1m }
  many: { forEach: { in: input, parallel: 300 }, tasks: [{ id: t, transform: 1 }] }`;
const options: InterpreterOptions = {
  input: Array.from({ length: 150 }, (_, index) => index),
  handler: ({ failures, call }) => (call === 'x.retrying' && failures === 0 ? failWith('NO') : succeedWith(1, 60_000)),
};

function withCommits(...fates: readonly CommitFate[]) {
  let next = 0;
  return { ...ORDERLY, commit: () => fates[next++] ?? ('published' as const) };
}

describe('recover', () => {
  test('derives again every message that must be in flight', () => {
    const run = Interpreter.of(document, options);
    const started = run.messages.map(({ kind }) => kind).toSorted();
    const again = run.decide([{ kind: 'recover' }]);
    expect(started).toEqual(['again', 'alarm', 'announce', 'dispatch', 'dispatch']);
    expect(again.messages.map(({ kind }) => kind).toSorted()).toEqual(['alarm', 'dispatch', 'dispatch']);
    // What it would have come back for is done on the spot.
    expect(again.tasks.find(({ progress }) => progress?.kind === 'list')?.progress).toMatchObject({ total: 150, next: 150 });
  });

  test('sees what it has ended itself: a group whose last member it finds at its end is not written back as it was', () => {
    const text = 'workflow: w\ntasks: { g: { timeout: 1h, tasks: { c: { workflow: other } } } }';
    const run = Interpreter.of(text, { workflows: () => ({ kind: 'succeeds', afterMs: 60_000 }) }).advance(1_000);
    const [group, member] = [run.task('g') as TaskState, run.task('g.c') as TaskState];
    if (member.progress?.kind !== 'child') throw new Error('no child run');
    const children: Loaded['children'] = new Map([
      [member.progress.run, { status: 'succeeded', output: '1' as JsonText, error: null }],
    ]);
    const tasks = new Map([member, group].map((row) => [keyOf(row.node, row.at), row]));
    const loaded: Loaded = { ...nothingLoaded(run.run), tasks, open: true, children };
    const limits = { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 };
    const decided = decide(workflowOf(text), loaded, [{ kind: 'recover' }], { now: run.now, units: [], limits });
    expect(decided).toMatchObject({ run: { status: 'succeeded' } });
  });

  test('says the same as was said: same fences, same due times', () => {
    const run = Interpreter.of(document, options).advance(1_000);
    const { messages, tasks } = run.decide([{ kind: 'recover' }]);
    for (const message of messages) {
      const told = message.kind === 'dispatch' ? message.task : message;
      if (message.kind === 'announce' || !('fence' in told)) throw new Error('nothing to announce');
      expect(told.fence).toBe(run.ledger.find(told.node, told.at)?.fence);
    }
    expect(tasks.every((task) => task.status === run.ledger.find(task.node, task.at)?.status)).toBe(true);
    expect(messages.find(({ kind }) => kind === 'alarm')).toMatchObject({ dueAt: run.task('retrying')?.dueAt });
  });

  test('of an ended run announces its end, and looks again later as long as that is not confirmed', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { transform: 1 } }');
    const decision = run.decide([{ kind: 'recover' }]);
    expect(decision).toMatchObject({
      applied: ['applied'],
      messages: [{ kind: 'announce', status: 'succeeded' }],
      run: { watchAt: run.now + 10_000 },
    });
    run.toRest();
    expect(run.run.watchAt).toBeNull();
    expect(run.decide([{ kind: 'look' }])).toMatchObject({ run: null, messages: [{ kind: 'announce' }] });
  });
});

describe('a crash between commit and publish', () => {
  test('loses nothing: the input comes again, is stale, and the watch sends what is missing', () => {
    const run = Interpreter.of(document, {
      ...options,
      fates: withCommits('crashesAfterCommit', 'crashesAfterCommit', 'crashesAfterCommit'),
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    expect(run.executor.claims.map(({ attempt }) => attempt).toSorted()).toEqual([1, 1, 2]);
  });

  test('the first tickets of a run are repaired by the watch when all of them are lost', () => {
    let sent = 0;
    const run = Interpreter.of(document, {
      ...options,
      fates: { ...ORDERLY, message: () => (++sent > 5 ? 'once' : 'lost') },
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    expect(run.executor.claims[0]?.at).toBe(run.run.createdAt + 10_002);
  });
});

describe('a wake', () => {
  test.each(['ready', 'retrying', 'nap', 'many', 'many[0]'])('under an old fence changes nothing (%s)', (path) => {
    const run = Interpreter.of(document, options).advance(1_000);
    const { node, at, fence } = run.task(path) ?? {};
    const input = { kind: 'wake', node, at, fence: (fence ?? 0) - 1 } as never;
    expect(run.decide([input])).toMatchObject({
      run: null,
      tasks: [],
      messages: [],
      attempts: [],
      facts: [],
      applied: ['stale'],
    });
  });

  test('of a task that has ended, is parked, or was never there changes nothing', () => {
    const text =
      'workflow: w\ntasks: { a: { transform: 1 }, b: { call: x.b, retry: { maximumAttempts: 1, onExhausted: park } }, c: { sleep: 1h } }';
    const run = Interpreter.of(text, { handler: () => failWith('NO') }).advance(1_000);
    for (const [node, path] of [
      [0, 'a'],
      [1, 'b'],
    ] as const) {
      const input = { kind: 'wake', node, at: '', fence: run.task(path)?.fence } as never;
      expect(run.decide([input])).toMatchObject({ tasks: [], applied: ['stale'] });
    }
    expect(run.decide([{ kind: 'wake', node: 77, at: '', fence: 0 as never }])).toMatchObject({ tasks: [], applied: ['stale'] });
  });

  test('of a claimed attempt whose lease is good changes nothing', () => {
    const run = Interpreter.of(document, options).advance(1_000);
    const { node, at, fence } = run.task('ready') ?? {};
    expect(run.decide([{ kind: 'wake', node, at, fence } as never])).toMatchObject({ tasks: [], applied: ['stale'] });
  });

  test('measures how late a retry comes', () => {
    const run = Interpreter.of(document, { ...options, fates: { ...ORDERLY, message: () => 'late' } }).toRest();
    const lateness = run.decisions.flatMap(({ decision }) =>
      decision.facts.flatMap((fact) => (fact.kind === 'late' ? [fact.latenessMs] : [])),
    );
    expect(lateness).toEqual([2_001]);
  });
});
