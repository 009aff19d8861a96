import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type InterpreterOptions, succeedWith } from '@reprise/testing';

const of = (tasks: string, options: InterpreterOptions = {}) =>
  Interpreter.of(`workflow: w\nlifecycle: tasks\nfailFast: false\ntasks:\n${tasks}`, options);
const news = (run: Interpreter) => run.messages.flatMap((message) => (message.kind === 'task-news' ? [message] : []));
/** What was told of each task, by its number and place, in order. */
const told = (run: Interpreter) => news(run).map((each) => `${each.news} ${run.workflow.nodes[each.node]?.path}${each.at}`);

describe('a workflow that asks for it tells what becomes of its tasks', () => {
  test('what begins, what ends, what is skipped; of a call that it has ended: its executor tells that it has started', () => {
    const run = of(`  a: { call: x.a }
  b: { needs: [a], if: 'false', call: x.b }
  c: { needs: [a], sleep: 5s }
  d: { needs: [c], transform: 1 }
  e: { fail: { code: NO } }`).toRest();
    expect(told(run)).toEqual(['failed e', 'succeeded a', 'started c', 'skipped b', 'succeeded c', 'succeeded d']);
    expect(news(run)[0]).toMatchObject({ fence: 0, attempt: 0, executor: null, error: { code: 'NO' }, nextRetryAt: null });
    expect(news(run)[1]).toMatchObject({ attempt: 1, executor: expect.any(String), error: null });
  });

  test('nothing for one that does not ask', () => {
    for (const line of ['', 'lifecycle: runs\n'])
      expect(news(Interpreter.of(`workflow: w\n${line}tasks: { a: { call: x.a } }`).toRest())).toEqual([]);
  });

  test('each attempt that is followed by another, with its error and when that comes', () => {
    const text =
      '  a: { call: x.a, retry: { maximumAttempts: 4, initialInterval: 10s, jitter: none, policies: [{ errors: [NOW], initialInterval: 0s }] } }';
    const run = of(text, {
      handler: ({ attempt }) => (attempt === 1 ? failWith('LATER') : attempt === 2 ? failWith('NOW') : succeedWith(1)),
    }).toRest();
    const [first, second, third] = news(run);
    const ended = run.attemptsOf('a').map(({ endedAt }) => endedAt);
    expect(first).toMatchObject({
      news: 'retrying',
      attempt: 1,
      error: { code: 'LATER' },
      nextRetryAt: (ended[0] ?? 0) + 10_000,
    });
    expect(second).toMatchObject({ news: 'retrying', attempt: 2, error: { code: 'NOW' }, nextRetryAt: null });
    expect(third).toMatchObject({ news: 'succeeded', attempt: 3, error: null });
    expect(new Set(news(run).map(({ fence }) => fence)).size).toBe(3);
  });

  test('attempts of a group, and what is skipped in it', () => {
    const run = of(
      '  g: { retry: { maximumAttempts: 3, initialInterval: 0s }, tasks: [{ id: a, fail: { code: NO } }, { id: b, transform: 1 }] }',
    ).toRest();
    expect(told(run)).toEqual([
      'retrying g',
      'retrying g',
      'failed g',
      'failed g1',
      'skipped g.b1',
      'failed g.a1',
      'failed g2',
      'skipped g.b2',
      'failed g.a2',
      'failed g3',
      'skipped g.b3',
      'failed g.a3',
    ]);
    expect(news(run)[0]).toMatchObject({ attempt: 1, error: { code: 'NO', task: 'g[1].a' }, nextRetryAt: null });
  });

  test('that one is parked, and no more of it until somebody has said what it came to', () => {
    const run = of('  a: { call: x.a, retry: { maximumAttempts: 1, onExhausted: park } }\n  b: { forEach: [1], sleep: 1h }', {
      handler: answering({ 'x.a': failWith('NO') }),
    }).toRest();
    expect(told(run)).toEqual(['started b', 'started b0', 'parked a', 'succeeded b0', 'succeeded b']);
    run.send({ kind: 'resolve', node: 0, at: '', outcome: 'retry', output: null, reason: null, by: 'ann' }).toRest();
    expect(told(run).slice(5)).toEqual(['parked a']);
    run.send({ kind: 'resolve', node: 0, at: '', outcome: 'failed', output: null, reason: null, by: 'ann' }).toRest();
    expect(told(run).slice(6)).toEqual(['failed a']);
  });

  test('nothing of what is cancelled, nor of a wait that is only looked at', () => {
    const run = of('  a: { waitFor: { event: x } }\n  p: { call: x.p, retry: { maximumAttempts: 1, onExhausted: park } }', {
      handler: answering({ 'x.p': failWith('NO') }),
    }).toRest();
    const before = told(run).length;
    run.send({ kind: 'pause', by: null }).send({ kind: 'resume', by: null }, 5).advance(10);
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([before, told(run).length, run.statusOf('a'), run.statusOf('p')]).toEqual([2, 2, 'cancelled', 'cancelled']);
  });

  test('what begins and ends anew in a run that is taken up again', () => {
    const run = of('  g: { tasks: [{ id: s, sleep: 1s }, { id: a, call: x.a, retry: { maximumAttempts: 1 } }] }', {
      handler: ({ attempt }) => (attempt === 1 ? failWith('NO') : succeedWith(1)),
    }).toRest();
    const before = told(run);
    expect(before).toEqual(['started g', 'started g.s', 'succeeded g.s', 'failed g.a', 'failed g']);
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect(told(run).slice(before.length)).toEqual(['started g', 'succeeded g.a', 'succeeded g']);
  });
});
