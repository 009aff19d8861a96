import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, succeedWith } from '@reprise/testing';
import type { Input } from '../state/input.js';
import type { Outcome } from '../state/outcome.js';

const tasks = `
tasks:
  bad: { call: x.bad, retry: { maximumAttempts: 1 } }
  slow: { call: x.slow }
  next: { needs: [slow], call: x.next }
  nap: { sleep: 1h }
  again: { call: x.again, retry: { initialInterval: 1h, jitter: none } }
  tidy: { needs: [bad, slow], runWhen: done, call: x.tidy }`;
const handler = answering({
  'x.bad': failWith('BROKEN', { afterMs: 100 }),
  'x.slow': succeedWith('slow', 5_000),
  'x.again': failWith('LATER'),
});
const all = ['bad', 'slow', 'next', 'nap', 'again', 'tidy'];

describe('when a task fails for good', () => {
  test('running tasks are asked to stop, waiting ones end at once, nothing else starts but clean-up; then the run has failed', () => {
    const run = Interpreter.of(`workflow: w${tasks}`, { handler }).toRest();
    expect(all.map((path) => run.statusOf(path))).toEqual([
      'failed',
      'cancelled',
      'skipped',
      'cancelled',
      'cancelled',
      'succeeded',
    ]);
    expect(run.run).toMatchObject({ status: 'failed', output: null, error: { code: 'BROKEN', task: 'bad' } });
    expect(run.messages.filter(({ kind }) => kind === 'interrupt')).toHaveLength(1);
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeLessThan(1_000);
  });

  test('without failFast what runs and what follows from it ends first', () => {
    const run = Interpreter.of(`workflow: w\nfailFast: false${tasks}`, { handler }).toRest();
    expect(all.map((path) => run.statusOf(path))).toEqual([
      'failed',
      'succeeded',
      'succeeded',
      'succeeded',
      'failed',
      'succeeded',
    ]);
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'BROKEN', task: 'bad' } });
  });

  test('a group may say otherwise, for itself and for the groups in it', () => {
    const inner = tasks.replaceAll('\n', '\n    ');
    const states = (line: string, group: string) => {
      const run = Interpreter.of(`workflow: w\n${line}\ntasks:\n  g:\n    ${group}${inner}`, { handler }).toRest();
      return [run.run.status, run.statusOf('g.slow'), run.statusOf('g.next')];
    };
    expect(states('', 'failFast: false')).toEqual(['failed', 'succeeded', 'succeeded']);
    expect(states('failFast: false', 'failFast: true')).toEqual(['failed', 'cancelled', 'skipped']);
    expect(states('failFast: false', 'onError: fail')).toEqual(['failed', 'succeeded', 'succeeded']);
    const deep = `workflow: w\ntasks:\n  g: { failFast: false, tasks: [{ id: h, tasks: { a: { fail: { code: X } }, b: { call: x.slow } } }] }`;
    expect(Interpreter.of(deep, { handler }).toRest().statusOf('g.h.b')).toBe('succeeded');
  });

  test('a list does as the scope does that it is in', () => {
    const list = 'l: { forEach: { in: [1, 2, 3], parallel: 1 }, tasks: [{ id: f, fail: { code: X } }] }';
    const ended = (group: string) => {
      const run = Interpreter.of(`workflow: w\ntasks: { g: { ${group} tasks: { ${list} } } }`).toRest();
      const { progress } = run.task('g.l') ?? {};
      return progress?.kind === 'list' ? progress.done : null;
    };
    expect([ended(''), ended('failFast: false,')]).toEqual([1, 3]);
  });

  test('what has not been taken yet is withdrawn with its ticket', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a }, b: { fail: { code: B, message: m } } }').toRest();
    expect([run.statusOf('a'), run.executor.claims]).toEqual(['cancelled', []]);
    expect(run.messages.filter(({ kind }) => kind === 'dispatch')).toEqual([]);
  });

  test('what answers in the same decision is not asked to stop', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a }, b: { call: x.b } }', {
      handler: () => succeedWith(1, 60_000),
    });
    run.advance(1_000);
    const outcomeOf = (path: string, outcome: Outcome): Input => {
      const { node, at, fence, claim } = run.task(path) ?? {};
      return { kind: 'outcome', node, at, fence, claim, outcome } as Input;
    };
    const { messages, applied } = run.decide([
      outcomeOf('a', failWith('BROKEN', { retryable: false }).outcome),
      outcomeOf('b', succeedWith(1).outcome),
    ]);
    expect([messages.map(({ kind }) => kind), applied]).toEqual([['announce'], ['applied', 'applied']]);
  });

  test('a success that comes after it was asked to stop counts', () => {
    const run = Interpreter.of(`workflow: w${tasks}`, {
      handler: answering({ 'x.bad': failWith('BROKEN'), 'x.slow': { ...succeedWith('done', 5_000), ignoresCancel: true } }),
    }).toRest();
    expect([run.statusOf('slow'), run.outputOf('slow'), run.run.status]).toEqual(['succeeded', 'done', 'failed']);
  });

  test('a failure that comes after it was asked to stop is no failure more, and is not retried', () => {
    const run = Interpreter.of(`workflow: w${tasks}`, {
      handler: answering({
        'x.bad': failWith('BROKEN'),
        'x.slow': { ...failWith('OTHER', { afterMs: 5_000 }), ignoresCancel: true },
      }),
    }).toRest();
    expect(run.task('slow')).toMatchObject({ status: 'cancelled', attempt: 1, error: { code: 'OTHER' } });
    expect(run.attemptsOf('slow')).toMatchObject([{ outcome: 'failed', verdict: null }]);
    expect(run.run.error?.code).toBe('BROKEN');
  });

  test('groups and lists in it are cancelled through and through', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  bad: { call: x.bad, retry: { maximumAttempts: 1 } }
  g:
    forEach: { in: [1, 2, 3], parallel: 2 }
    tasks:
      - { id: a, call: x.slow }
      - { id: b, runWhen: done, call: x.b }`,
      { handler },
    ).toRest();
    const paths = ['g', 'g[0]', 'g[0].a', 'g[0].b', 'g[1]', 'g[2]'];
    expect(paths.map((path) => run.statusOf(path))).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'pending',
    ]);
    expect(run.run.status).toBe('failed');
  });

  test("the first error stays the run's, whatever fails after it", () => {
    const run = Interpreter.of('workflow: w\nfailFast: false\ntasks: { a: { call: x.a }, b: { call: x.b } }', {
      handler: ({ path }) => failWith(`NO_${path}`, { retryable: false, afterMs: path === 'a' ? 100 : 10 }),
    }).toRest();
    expect(run.run.error).toMatchObject({ code: 'NO_b', task: 'b' });
  });
});

describe('onError: continue', () => {
  test('counts as ended, not as failed, for what needs it; its output is null', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  bad: { call: x.bad, onError: continue, retry: { maximumAttempts: 2, initialInterval: 0s } }
  next: { needs: [bad], transform: ["\${{ tasks.bad.output }}", "\${{ tasks.bad.status }}", "\${{ tasks.bad.error.code }}"] }`,
      { handler },
    ).toRest();
    expect([run.statusOf('bad'), run.outputOf('next'), run.run.status]).toEqual([
      'failed',
      [null, 'failed', 'BROKEN'],
      'succeeded',
    ]);
  });
});
