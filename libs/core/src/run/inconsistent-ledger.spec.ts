import { describe, expect, test } from '@jest/globals';
import { Interpreter, succeedWith, workflowOf } from '@reprise/testing';
import { decide } from './decide.js';
import { type Loaded, nothingLoaded } from './state/decision.js';
import type { Input } from './state/input.js';
import type { TaskState } from './state/task-state.js';

const text = `
workflow: w
tasks:
  g: { tasks: { a: { call: x.a } } }
  l: { forEach: [1], call: x.l }`;
const run = Interpreter.of(text, { handler: () => succeedWith(1, 60_000) }).advance(1_000);
const group = run.task('g') as TaskState;
const inner = run.task('g.a') as TaskState;
const list = run.task('l') as TaskState;
const item = run.task('l[0]') as TaskState;

const loadedWith = (...rows: readonly [string, TaskState | null][]): Loaded => ({
  ...nothingLoaded(run.run),
  tasks: new Map(rows),
  open: true,
});
const moment = { now: run.now, units: [], limits: { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 } };
const outcomeOf = ({ node, at, fence, claim }: TaskState): Input => {
  if (claim === null) throw new Error('not claimed');
  return { kind: 'outcome', node, at, fence, claim, outcome: { kind: 'succeeded', output: '1' as never } };
};
const decideOn = (loaded: Loaded, input: Input) => () => decide(workflowOf(text), loaded, [input], moment);

/** A ledger that contradicts itself is a bug or a broken disk: the decision stops and says where, it does not guess. */
describe('a ledger that contradicts itself', () => {
  test.each<[string, Loaded, Input, string]>([
    ['a member of a group that has no row', loadedWith(['1:', inner], ['0:', null]), outcomeOf(inner), 'no row for 0:'],
    [
      'a group that carries no scope',
      loadedWith(['1:', inner], ['0:', { ...group, progress: null }]),
      outcomeOf(inner),
      'carries no scope',
    ],
    [
      'a group whose row counts items',
      loadedWith(['1:', inner], ['0:', { ...group, progress: list.progress }]),
      outcomeOf(inner),
      'carries no scope',
    ],
    ['a list that counts nothing', loadedWith(['2:0', item], ['2:', { ...list, progress: null }]), outcomeOf(item), 'is no list'],
    [
      'a call that carries a scope',
      loadedWith(['1:', { ...inner, progress: group.progress }]),
      { kind: 'wake', node: 1, at: '', fence: inner.fence },
      'is no group',
    ],
    [
      'a call that counts items',
      loadedWith(['1:', { ...inner, progress: list.progress }], ['0:', group]),
      { kind: 'wake', node: 1, at: '', fence: inner.fence },
      'is no loop',
    ],
    [
      'an attempt of a group',
      loadedWith(['0:', { ...group, progress: null, leaseUntil: 1 }]),
      { kind: 'wake', node: 0, at: '', fence: group.fence },
      'is not attempted',
    ],
    [
      'a retry without a due time',
      loadedWith(['1:', { ...inner, status: 'retrying' }]),
      { kind: 'wake', node: 1, at: '', fence: inner.fence },
      'needs a due time',
    ],
    [
      'a row of a node that the workflow does not have',
      loadedWith(['9:', { ...inner, node: 9, leaseUntil: 1 }]),
      { kind: 'wake', node: 9, at: '', fence: inner.fence },
      'has no node 9',
    ],
  ])('%s is a bug, and says so', (_what, loaded, input, message) => {
    expect(decideOn(loaded, input)).toThrow(message);
  });

  test('a group that failed without an error fails what is around it with INTERNAL', () => {
    const broken: TaskState = { ...group, progress: { kind: 'scope', states: 'f', closing: 'failed', error: null } };
    const decision = decideOn(loadedWith(['0:', broken], ['2:', list], ['2:0', item]), {
      kind: 'wake',
      node: 0,
      at: '',
      fence: group.fence,
    })();
    expect(decision).toMatchObject({
      kind: 'decided',
      run: { scope: { closing: 'failed', error: { code: 'INTERNAL', task: 'g' } } },
    });
  });

  test('a group further out that carries no scope is one too, when an expression reads past it', () => {
    const document = `
workflow: w
tasks:
  g:
    tasks:
      b: { transform: 1 }
      h: { needs: [b], tasks: [{ id: c, call: x.c }, { id: d, transform: "\${{ tasks.b.output }}" }] }`;
    const started = Interpreter.of(document, { handler: () => succeedWith(1, 60_000) }).advance(1_000);
    const called = started.task('g.h.c') as TaskState;
    const around = { ...(started.task('g') as TaskState), progress: null };
    const loaded = loadedWith(['3:', called], ['2:', started.task('g.h')], ['0:', around]);
    expect(() => decide(workflowOf(document), { ...loaded, run: started.run }, [outcomeOf(called)], moment)).toThrow(
      'carries no scope',
    );
  });

  test('a row of a status that no row has is left alone', () => {
    const loaded = loadedWith(['1:', { ...inner, status: 'pending' }]);
    expect(decideOn(loaded, { kind: 'wake', node: 1, at: '', fence: inner.fence })()).toMatchObject({
      tasks: [],
      applied: ['stale'],
    });
  });

  test('a member that has ended though its scope calls it open is not asked to stop', () => {
    const ended: TaskState = { ...group, status: 'succeeded', endedAt: run.now };
    const loaded = loadedWith(['0:', ended], ['2:', list], ['2:0', item]);
    const decision = decideOn(loaded, { kind: 'cancel', reason: null, by: null })();
    expect(decision).toMatchObject({
      tasks: [
        { node: 2, at: '' },
        { node: 2, at: '0' },
      ],
      messages: [{ kind: 'interrupt', node: 2 }],
    });
  });

  test('a run without a start has none to read', () => {
    const document = 'workflow: w\ntasks: { a: { call: x.a }, b: { needs: [a], transform: "${{ run.startedAt }}" } }';
    const started = Interpreter.of(document, { handler: () => succeedWith(1, 60_000) }).advance(1_000);
    const called = started.task('a') as TaskState;
    const loaded = { ...loadedWith(['0:', called]), run: { ...started.run, startedAt: null } };
    const decision = decide(workflowOf(document), loaded, [outcomeOf(called)], moment);
    expect(decision).toMatchObject({ tasks: [{ status: 'succeeded' }, { output: 'null' }] });
  });

  test('a run without a start counts from when it was made', () => {
    const ended = { ...run.run, startedAt: null, scope: { ...run.run.scope, states: 'ss' } };
    const decision = decideOn({ ...loadedWith(), run: ended }, { kind: 'cancel', reason: null, by: null })();
    expect(decision).toMatchObject({ facts: [{ kind: 'run-ended', durationMs: 1_000 }] });
  });

  test('a value that a slice should have and has not is null', () => {
    const document = 'workflow: w\ntasks: { l: { forEach: { in: [1, 2], parallel: 1 }, transform: "${{ each.value }}" } }';
    const started = Interpreter.of(document);
    const row = { ...(started.task('l') as TaskState), status: 'running', endedAt: null } as TaskState;
    const progress = { kind: 'list', total: 2, next: 0, done: 0, failed: 0, closing: null, error: null } as const;
    const open = { ...started.run, status: 'running', scope: { ...started.run.scope, states: 'o' } } as const;
    const loaded: Loaded = {
      ...loadedWith(['0:', { ...row, progress }]),
      run: open,
      slices: new Map([['0:/0', [7]]]),
      items: new Map([['0:', { kind: 'results', results: [] }]]),
    };
    const decision = decide(workflowOf(document), loaded, [{ kind: 'wake', node: 0, at: '', fence: row.fence }], moment);
    expect(decision).toMatchObject({
      kind: 'decided',
      tasks: expect.arrayContaining([expect.objectContaining({ at: '', output: '[7,null]' })]),
    });
  });

  test('what was not loaded is asked for, not taken for absent', () => {
    expect(decideOn(loadedWith(), outcomeOf(inner))()).toMatchObject({ kind: 'wants', wants: { tasks: [{ node: 1, at: '' }] } });
    expect(decideOn({ ...loadedWith(), open: false }, { kind: 'recover' })()).toMatchObject({
      kind: 'wants',
      wants: { open: true },
    });
  });
});
