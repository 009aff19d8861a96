import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type InterpreterOptions, type SimulatedHandler, succeedWith } from '@reprise/testing';

const of = (text: string, options: InterpreterOptions = {}) => Interpreter.of(`workflow: w\ntasks:\n${text}`, options);
const broken = failWith('BROKEN', { retryable: false });
/** Fails in the first `times` attempts of the group, told by its `at`. */
const failing = (times: number, code = 'BROKEN'): SimulatedHandler =>
  answering({
    'x.b': ({ at }) => (Number(at.split('.').at(-1)) > times ? succeedWith(`b${at}`) : failWith(code, { retryable: false })),
  });

const GROUP =
  '  g: { retry: { maximumAttempts: 3, initialInterval: 10s, jitter: none }, tasks: [{ id: a, call: x.a }, { id: b, call: x.b }] }';

describe('a group that is tried again', () => {
  test('begins anew: all in it runs again, under the number of the attempt', () => {
    const run = of(GROUP, { handler: failing(1) }).toRest();
    expect([run.run.status, run.outputOf('g'), run.outputOf('g[2]')]).toEqual(['succeeded', 'b2', 'b2']);
    expect(['g[1]', 'g[1].a', 'g[1].b', 'g[2].a', 'g[2].b'].map((path) => run.statusOf(path))).toEqual([
      'failed',
      'succeeded',
      'failed',
      'succeeded',
      'succeeded',
    ]);
    expect(run.task('g[3]')).toBeNull();
  });

  test('waits its backoff, which grows, as a retrying row that says when', () => {
    const run = of(GROUP, { handler: failing(2) });
    run.advance(5_000);
    const row = run.task('g');
    expect([row?.status, row?.attempt, row?.error?.task, row?.why]).toMatchObject([
      'retrying',
      2,
      'g[1].b',
      { reason: 'failure', action: 'retry', code: 'BROKEN', count: 1, limit: 3, wait: { rawMs: 10_000 } },
    ]);
    run.toRest();
    const starts = [1, 2, 3].map((attempt) => run.task(`g[${attempt}]`)?.createdAt ?? 0);
    expect((starts[1] ?? 0) - (run.task('g[1]')?.endedAt ?? 0)).toBe(10_000);
    expect((starts[2] ?? 0) - (run.task('g[2]')?.endedAt ?? 0)).toBe(20_000);
  });

  test('keeps every attempt with what was decided after it and why it was made', () => {
    const run = of(GROUP, { handler: failing(2) }).toRest();
    const kept = run.attemptsOf('g');
    expect(kept.map(({ attempt, outcome, error, executor }) => [attempt, outcome, error?.code, executor])).toEqual([
      [1, 'failed', 'BROKEN', null],
      [2, 'failed', 'BROKEN', null],
      [3, 'succeeded', undefined, null],
    ]);
    expect(
      kept.map(({ why, verdict }) => [why?.reason ?? null, verdict !== null && 'action' in verdict ? verdict.action : null]),
    ).toEqual([
      [null, 'retry'],
      ['failure', 'retry'],
      ['failure', null],
    ]);
    expect(kept[1]?.startedAt).toBe(run.task('g[2]')?.startedAt);
    expect(new Set(kept.map(({ fence }) => fence)).size).toBe(3);
  });

  test('fails with what failed in its last attempt, named by its path', () => {
    const run = of(GROUP, { handler: failing(9) }).toRest();
    expect(run.run.error).toEqual({ code: 'BROKEN', message: 'BROKEN happened', task: 'g[3].b' });
    expect(run.attemptsOf('g').at(-1)?.verdict).toMatchObject({ action: 'fail', spent: 'maximumAttempts' });
  });

  test('that succeeds at the first try keeps no record', () => {
    expect(of(GROUP).toRest().attemptsOf('g')).toEqual([]);
  });

  test('is judged by the error code: what is not retryable ends it', () => {
    const text = GROUP.replace('jitter: none', 'nonRetryable: [FINAL]');
    const run = of(text, { handler: failing(9, 'FINAL') }).toRest();
    expect([run.run.status, run.task('g[2]'), run.task('g')?.attempt]).toEqual(['failed', null, 1]);
  });

  test('counts by the rule that matches', () => {
    const text = GROUP.replace('jitter: none', 'policies: [{ errors: [RARE], maximumAttempts: 2, initialInterval: 0s }]');
    const run = of(text, { handler: failing(9, 'RARE') }).toRest();
    expect([run.run.status, run.task('g')?.attempt]).toEqual(['failed', 2]);
  });

  test('lets the calls inside be tried again on their own first', () => {
    const text =
      '  g: { retry: { maximumAttempts: 2, initialInterval: 0s }, tasks: [{ id: b, call: x.b, retry: { maximumAttempts: 2, initialInterval: 0s } }] }';
    const run = of(text, { handler: answering({ 'x.b': failWith('BROKEN') }) }).toRest();
    expect([1, 2].map((attempt) => run.task(`g[${attempt}].b`)?.attempt)).toEqual([2, 2]);
    expect(run.task('g[3]')).toBeNull();
  });

  test('is not tried again past the timeout of the run', () => {
    const run = Interpreter.of(
      `workflow: w\ntimeout: 15s\ntasks:\n${GROUP.replace('maximumAttempts: 3', 'maximumAttempts: 9')}`,
      {
        handler: failing(9),
      },
    ).toRest();
    expect(run.attemptsOf('g').at(-1)?.verdict).toMatchObject({ spent: 'deadline' });
  });

  test('of tasks that fail at once goes on within one decision, and comes back for more than that may start', () => {
    const run = of(
      '  g: { retry: { maximumAttempts: 250, initialInterval: 0s }, tasks: [{ id: b, fail: { code: X } }] }',
    ).toRest();
    expect([run.run.status, run.task('g')?.attempt, run.attemptsOf('g').length, run.decisions.length]).toEqual([
      'failed',
      250,
      250,
      3,
    ]);
  });

  test('has random waits of its own, though several fail in one decision', () => {
    const run = of('  g: { forEach: [1, 2, 3], retry: { initialInterval: 10s }, tasks: [{ id: b, fail: { code: X } }] }');
    const due = [0, 1, 2].map((item) => run.task(`g[${item}]`)?.dueAt);
    expect(new Set(due).size).toBe(3);
  });

  test('under forEach and repeat: each item repeats, each round is tried again', () => {
    const seen = new Map<string, number>();
    const run = of(
      '  g: { retry: { maximumAttempts: 2, initialInterval: 0s }, repeat: { maximum: 2 }, forEach: [7, 8], tasks: [{ id: b, call: x.b, with: "${{ [each.value, round.number] }}" }] }',
      {
        handler: ({ path, input }) => {
          seen.set(path, 1);
          return path.endsWith('[1].b') ? broken : succeedWith(input);
        },
      },
    ).toRest();
    expect([...seen.keys()].sort()).toEqual([
      'g[0][1][1].b',
      'g[0][1][2].b',
      'g[0][2][1].b',
      'g[0][2][2].b',
      'g[1][1][1].b',
      'g[1][1][2].b',
      'g[1][2][1].b',
      'g[1][2][2].b',
    ]);
    expect(run.outputOf('g')).toEqual([
      [7, 2],
      [8, 2],
    ]);
    expect(run.attemptsOf('g[1][2]').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('reads the outputs of its own attempt', () => {
    const run = of(
      '  g: { retry: { initialInterval: 0s }, tasks: { a: { call: x.a }, b: { needs: [a], call: x.b, with: "${{ tasks.a.output }}" } } }',
      {
        handler: answering({
          'x.a': ({ at }) => succeedWith(`a${at}`),
          'x.b': ({ at, input }) => (at === '1' ? broken : succeedWith(input)),
        }),
      },
    ).toRest();
    expect(run.outputOf('g')).toEqual({ a: 'a2', b: 'a2' });
  });
});

describe('a group that is cancelled', () => {
  const cancelled = (handler: SimulatedHandler, afterMs: number) =>
    of(GROUP, { handler }).advance(afterMs).send({ kind: 'cancel', reason: null, by: null }).toRest();

  test('while it waits for its next attempt makes none', () => {
    const run = cancelled(failing(9), 3_000);
    expect([run.run.status, run.statusOf('g'), run.task('g[2]')]).toEqual(['cancelled', 'cancelled', null]);
  });

  test('while an attempt runs cancels what runs in it, and keeps that attempt', () => {
    const run = cancelled(() => succeedWith(1, 60_000), 3_000);
    expect([run.statusOf('g'), run.statusOf('g[1]'), run.statusOf('g[1].a'), run.statusOf('g[1].b')]).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(run.attemptsOf('g').map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });
});
