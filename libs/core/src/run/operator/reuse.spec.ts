import { describe, expect, test } from '@jest/globals';
import { failWith, Interpreter, type InterpreterOptions, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { explainWhy } from '../../retry/index.js';
import { reuseOf } from './reuse.js';

const broken = failWith('BROKEN', { retryable: false });

/** Calls are answered with their path; those of `x.broken` fail. */
class Calls {
  readonly made: string[] = [];
  readonly handler: SimulatedHandler = ({ path, call }) => {
    this.made.push(path);
    return call === 'x.broken' ? broken : succeedWith(path);
  };
}

const doc = (tasks: string, head = '') => `workflow: w\n${head}tasks:\n${tasks}`;

/** Runs the one to its end, then the other from a task of it. */
function after(before: string, from: string, text = before, options: InterpreterOptions = {}) {
  const first = Interpreter.of(before, { handler: new Calls().handler, ...options }).toRest();
  const calls = new Calls();
  const run = Interpreter.of(text, { handler: calls.handler, ...options, after: { run: first, from } }).toRest();
  return { first, run, calls: calls.made };
}

describe('a run that begins in the middle of another', () => {
  test('runs the task and what follows on it; the rest stands, with its outputs', () => {
    const { run, calls } = after(
      doc(
        '  a: { call: x.a }\n  b: { needs: [a], call: x.b }\n  c: { needs: [b], transform: "${{ tasks.a.output }} and ${{ tasks.b.output }}" }\n  d: { call: x.d }',
      ),
      'b',
    );
    expect(calls).toEqual(['b']);
    expect([run.run.status, run.outputOf('c'), run.outputOf('d')]).toEqual(['succeeded', 'a and b', 'd']);
  });

  test('its rows say from which run a result comes, and that nothing was attempted', () => {
    const { first, run } = after(doc('  a: { call: x.a }\n  b: { needs: [a], call: x.b }'), 'b');
    const row = run.task('a');
    expect(row).toMatchObject({ status: 'succeeded', attempt: 0, why: { reason: 'reused', run: first.run.id } });
    expect(explainWhy({ reason: 'reused', run: first.run.id })).toBe(`not run again: its result is that of run ${first.run.id}`);
  });

  test('what had not succeeded runs again, and what follows on it', () => {
    const { run, calls } = after(
      doc(
        '  a: { call: x.broken, onError: continue }\n  b: { needs: [a], runWhen: done, call: x.b }\n  c: { call: x.c }\n  d: { call: x.d }',
      ),
      'c',
    );
    expect(calls.sort()).toEqual(['a', 'b', 'c']);
    expect(run.run.status).toBe('succeeded');
  });

  test('what was skipped stays so, unless that run had given up', () => {
    const skipped = doc('  a: { if: input.x == 1, call: x.a }\n  b: { call: x.b }');
    expect(after(skipped, 'b', skipped, { input: { x: 2 } }).run.statusOf('a')).toBe('skipped');
    const fixed = doc('  a: { call: x.a }\n  b: { needs: [a], call: x.b }\n  c: { call: x.c }');
    const { calls } = after(fixed.replace('x.a', 'x.broken'), 'c', fixed);
    expect(calls.sort()).toEqual(['a', 'b', 'c']);
  });

  test('of a sequence all before the task stands', () => {
    const { run, calls } = after(
      'workflow: w\ntasks:\n  - { id: a, call: x.a }\n  - { id: b, call: x.b }\n  - { id: c, call: x.c }',
      'b',
    );
    expect(calls).toEqual(['b', 'c']);
    expect(run.run.status).toBe('succeeded');
  });

  test('the items of a list can still be read', () => {
    const { run, calls } = after(
      doc(
        '  l: { forEach: [1, 2, 3], call: x.l }\n  a: { needs: [l], transform: "${{ tasks.l.items[1].output }} of ${{ size(tasks.l.output) }}" }',
      ),
      'a',
    );
    expect([run.run.status, run.outputOf('a'), calls]).toEqual(['succeeded', 'l[1] of 3', []]);
  });

  test('another version may have other tasks: those it has with that name stand, unless a list became something else', () => {
    const { run, calls } = after(
      doc('  z: { call: x.z }\n  a: { call: x.a }\n  l: { call: x.l }'),
      'b',
      doc('  a: { call: x.a }\n  n: { call: x.n }\n  l: { forEach: [1], call: x.l }\n  b: { needs: [a], call: x.b }'),
    );
    expect(calls.sort()).toEqual(['b', 'l[0]', 'n']);
    expect(run.outputOf('a')).toBe('a');
  });

  test('does not undo what the other run has done', () => {
    const before = doc('  a: { call: x.a, compensate: { call: x.undo } }\n  b: { needs: [a], call: x.b }');
    const { run, calls } = after(before, 'b', before.replace('x.b }', 'x.broken }'));
    expect([run.run.status, run.run.progress.compensated, calls]).toEqual(['failed', false, ['b']]);
  });

  test('knows the tasks it may begin with', () => {
    const { workflow, run } = Interpreter.of(doc('  a: { call: x.a }\n  b: { tasks: { c: { call: x.c } } }')).toRest();
    expect(reuseOf(workflow, { workflow, scope: run.scope }, 'c')).toEqual({ kind: 'unknown-task', known: ['a', 'b'] });
  });
});
