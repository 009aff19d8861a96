import { describe, expect, test } from '@jest/globals';
import {
  type AttemptFate,
  answering,
  failWith,
  Interpreter,
  type InterpreterOptions,
  ORDERLY,
  succeedWith,
} from '@reprise/testing';

const of = (text: string, options: InterpreterOptions = {}) => Interpreter.of(`workflow: w\n${text}`, options);

const failing = (times: number) => ({
  handler: ({ failures }: { readonly failures: number }) => (failures < times ? failWith('NO') : succeedWith(1)),
});

function withFates(...fates: readonly AttemptFate[]): InterpreterOptions {
  let next = 0;
  return { fates: { ...ORDERLY, attempt: () => fates[next++] ?? ('prompt' as const) } };
}

describe('an attempt waits', () => {
  test('in the lane of its priority: its own, else that of the defaults, else normal', () => {
    const run = of(
      'defaults: { queue: q, priority: low }\ntasks: { a: { call: x }, b: { call: x, priority: high }, c: { call: x, priority: normal } }',
    ).toRest();
    expect(['a', 'b', 'c'].map((path) => run.task(path)?.queue)).toEqual(['q.low', 'q.high', 'q']);
    expect(of('tasks: { a: { call: x } }').toRest().task('a')?.queue).toBe('default');
  });

  test('in the lane of retries once the task has failed, whatever its priority', () => {
    for (const priority of ['high', 'normal', 'low']) {
      const run = of(`tasks: { a: { call: x, priority: ${priority} } }`, failing(1)).toRest();
      expect(run.task('a')).toMatchObject({ attempt: 2, queue: 'default.retry' });
    }
  });

  test('where it has waited when it comes back uncounted: a loss is no failure', () => {
    const lost = of('tasks: { a: { call: x, priority: high } }', withFates('dies')).toRest();
    expect(lost.task('a')).toMatchObject({ status: 'succeeded', attempt: 2, queue: 'default.high' });
  });

  test('where every worker reads, once a worker has put it back for want of a handler', () => {
    const run = of('tasks: { a: { call: x, priority: high } }', withFates('held'));
    expect(run.task('a')?.queue).toBe('default.high');
    expect(run.toRest().task('a')).toMatchObject({ attempt: 1, queue: 'default' });
  });

  test('as a retry when its group is tried again, however deep in it', () => {
    const group = `
tasks:
  g:
    retry: { maximumAttempts: 2, initialInterval: 1s }
    tasks:
      - id: inner
        tasks: [{ id: a, call: x.a, priority: high, compensate: { call: x.undo } }]
      - { id: b, call: x.b }`;
    const broken = failWith('BROKEN', { retryable: false });
    const run = of(group, { handler: answering({ 'x.b': () => broken }) }).toRest();
    expect(run.run.status).toBe('failed');
    const queueOf = (path: string) => run.task(path)?.queue;
    expect([queueOf('g[1].inner.a'), queueOf('g[1].b')]).toEqual(['default.high', 'default']);
    expect([queueOf('g[2].inner.a'), queueOf('g[2].b')]).toEqual(['default.retry', 'default.retry']);
    expect(queueOf('g[2].inner.a:compensate')).toBe('default');
  });
});
