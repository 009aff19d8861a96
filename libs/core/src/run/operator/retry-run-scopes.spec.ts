import { describe, expect, test } from '@jest/globals';
import { answering, Interpreter, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { broken, twice } from '../../../test/taken-up-again.js';

describe('inside a group that had failed', () => {
  test('only what failed, was cancelled or skipped runs again, in the rows it had', () => {
    const { run, calls } = twice(
      '  g: { tasks: { a: { call: x.a }, h: { needs: [a], tasks: [{ id: b, call: x.b }, { id: c, call: x.broken }, { id: d, call: x.d }] } } }\n  z: { needs: [g], call: x.z }',
    );
    expect(calls).toEqual(['g.h.c', 'g.h.d', 'z']);
    expect([run.outputOf('g'), run.run.status]).toEqual([{ a: 'g.a at 1', h: 'g.h.d at 1' }, 'succeeded']);
  });

  test('that had been cancelled, likewise', () => {
    const { calls, before } = twice('  g: { tasks: [{ id: a, call: x.a }, { id: b, call: x.slow }] }\n  f: { call: x.broken }');
    expect(before.sort()).toEqual(['f', 'g.a']);
    expect(calls.sort()).toEqual(['f', 'g.b']);
  });

  test('which has a policy of its own has all of it again, however long ago it failed', () => {
    let calls = 0;
    const policy = 'retry: { maximumAttempts: 3, initialInterval: 1s, jitter: none, maximumElapsed: 10s }';
    const run = Interpreter.of(
      `workflow: w\ntasks: { g: { ${policy}, tasks: { a: { call: x.a, retry: { maximumAttempts: 1 } } } } }`,
      { handler: () => (++calls <= 4 ? broken : succeedWith(1)) },
    ).toRest();
    expect([run.run.status, calls]).toEqual(['failed', 3]);
    run.advance(3_600_000).send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, calls]).toEqual(['succeeded', 5]);
  });

  test('whose output cannot be made fails again, and runs nothing', () => {
    const { run, calls } = twice('  g: { tasks: { a: { call: x.a } }, output: "${{ tasks.a.output.x }}" }');
    expect([calls, run.run.status, run.run.progress.reopened]).toEqual([[], 'failed', 1]);
  });
});

describe('in a list that had failed', () => {
  const failing =
    (service: { down: boolean }, bad: readonly number[]): SimulatedHandler =>
    ({ at }) =>
      service.down && bad.includes(Number(at.split('.')[0])) ? broken : succeedWith(Number(at.split('.')[0]));

  function list(text: string, bad: readonly number[], size: number, head = '') {
    const service = { down: true };
    const seen: string[] = [];
    const answer = failing(service, bad);
    const handler: SimulatedHandler = (attempt) => {
      seen.push(attempt.at);
      return answer(attempt);
    };
    const input = Array.from({ length: size }, (_, index) => index);
    const run = Interpreter.of(`workflow: w\n${head}tasks:\n${text}`, { handler, input }).toRest();
    expect(run.run.status).toBe('failed');
    seen.splice(0);
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    return { run, seen };
  }

  test('the failed items run again, and those that had not begun; the list is the one it was', () => {
    const { run, seen } = list('  l: { forEach: { in: input, parallel: 2 }, call: x.a }', [2], 6);
    expect([...seen].sort()).toEqual(['2', '4', '5']);
    expect([run.run.status, run.outputOf('l')]).toEqual(['succeeded', [0, 1, 2, 3, 4, 5]]);
    expect(run.task('l')?.progress).toMatchObject({ total: 6, next: 6, done: 6, failed: 0, redo: [] });
  });

  test('all of them, more than one decision starts', () => {
    const bad = Array.from({ length: 250 }, (_, index) => index * 2);
    const { run, seen } = list('  l: { forEach: { in: input, parallel: 300 }, call: x.a }', bad, 500, 'failFast: false\n');
    expect([run.run.status, seen.length, new Set(seen).size]).toEqual(['succeeded', 250, 250]);
  });

  test('items that fail again are counted anew, and may be taken up once more', () => {
    const service = { down: true };
    const handler = failing(service, [1, 3]);
    const run = Interpreter.of('workflow: w\nfailFast: false\ntasks: { l: { forEach: [0, 1, 2, 3], call: x.a } }', {
      handler,
    }).toRest();
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect(run.run.error?.message).toBe('2 of 4 items failed, the first: BROKEN happened');
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.outputOf('l')]).toEqual(['succeeded', [0, 1, 2, 3]]);
  });

  test('of groups, each goes on where it stopped', () => {
    const { seen, run } = list(
      '  l: { forEach: input, tasks: [{ id: a, transform: 1 }, { id: b, call: x.a }, { id: c, transform: "${{ tasks.b.output }}" }] }',
      [0, 1],
      3,
      'failFast: false\n',
    );
    expect([seen, run.outputOf('l')]).toEqual([
      ['0', '1'],
      [0, 1, 2],
    ]);
  });

  test('of outputs that are too large together, nothing runs again', () => {
    const run = Interpreter.of('workflow: w\ntasks: { l: { forEach: [1, 2, 3], call: x.a } }', {
      handler: () => succeedWith('x'.repeat(90)),
      limits: { maxOutputBytes: 10 },
    }).toRest();
    expect(run.run.error?.code).toBe('OUTPUT_TOO_LARGE');
    const claims = run.executor.claims.length;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.executor.claims.length]).toEqual(['failed', claims]);
  });

  test('that could not be read is read again', () => {
    const { run } = twice(
      '  a: { call: x.broken, onError: continue }\n  l: { needs: [a], runWhen: done, forEach: "tasks.a.output", call: x.b }',
    );
    expect([run.run.status, run.run.error?.code]).toEqual(['failed', 'EXPRESSION']);
  });
});

describe('in a repeat that had failed', () => {
  test('the round that failed runs again under its number', () => {
    const service = { down: true };
    const run = Interpreter.of('workflow: w\ntasks: { a: { repeat: { maximum: 4 }, call: x.a } }', {
      handler: ({ at }) => (service.down && at === '3' ? broken : succeedWith(at)),
    }).toRest();
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.outputOf('a'), run.task('a[3]')?.attempt, run.task('a[2]')?.attempt, run.task('a[5]')]).toEqual([
      'succeeded',
      '4',
      2,
      1,
      null,
    ]);
  });

  test('that had run out of rounds has as many again', () => {
    let calls = 0;
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { repeat: { until: output == 5, maximum: 3, interval: 1s }, call: x.a } }',
      {
        handler: () => succeedWith(++calls),
      },
    ).toRest();
    expect(run.run.error?.code).toBe('UNEXPECTED_RESULT');
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.outputOf('a'), run.task('a')?.progress]).toMatchObject(['succeeded', 5, { round: 5, from: 3 }]);
  });

  test('that was cancelled while it waited goes on with the next round', () => {
    const service = { down: true };
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { repeat: { maximum: 3, interval: 1m }, transform: "${{ round.number }}" }, b: { call: x.b } }',
      { handler: () => (service.down ? { ...broken, afterMs: 70_000 } : succeedWith(1)) },
    ).toRest();
    expect([run.run.status, run.statusOf('a'), run.task('a')?.progress]).toMatchObject([
      'failed',
      'cancelled',
      { round: 2, due: true },
    ]);
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.outputOf('a')]).toEqual(['succeeded', 3]);
  });
});

describe('in a group with a retry that had failed', () => {
  const text =
    'workflow: w\ntasks: { g: { retry: { maximumAttempts: 2, initialInterval: 1s, jitter: none }, tasks: [{ id: a, call: x.a }, { id: b, call: x.b }] } }';

  test('the last attempt goes on where it failed, under a number of its own, with its whole retry again', () => {
    const service = { failures: 3 };
    const run = Interpreter.of(text, {
      handler: answering({ 'x.b': () => (service.failures-- > 0 ? broken : succeedWith('good')) }),
    }).toRest();
    expect([run.run.status, run.task('g')?.attempt]).toEqual(['failed', 2]);
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.outputOf('g')]).toEqual(['succeeded', 'good']);
    expect(run.attemptsOf('g').map(({ attempt, outcome, why }) => [attempt, outcome, why?.reason])).toEqual([
      [1, 'failed', undefined],
      [2, 'failed', 'failure'],
      [3, 'failed', 'operator'],
      [4, 'succeeded', 'failure'],
    ]);
    expect(['g[1].a', 'g[2].a', 'g[3].a', 'g[2].b', 'g[3].b'].map((path) => run.task(path)?.attempt)).toEqual([1, 1, 1, 2, 1]);
    expect(run.task('g[4]')).toBeNull();
  });

  test('cancelled while it waited for its next attempt makes that one', () => {
    const service = { down: true };
    const both = `${text.slice(0, -2)}, z: { call: x.z } }`
      .replace('initialInterval: 1s', 'initialInterval: 1h')
      .replace('] }, z', '] }, z');
    const run = Interpreter.of(both, {
      handler: answering({
        'x.b': () => (service.down ? broken : succeedWith('good')),
        'x.z': () => (service.down ? { ...broken, afterMs: 60_000 } : succeedWith(1)),
      }),
    }).toRest();
    expect([run.run.status, run.statusOf('g'), run.task('g')?.attempt]).toEqual(['failed', 'cancelled', 2]);
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.task('g')?.attempt, run.statusOf('g[2]'), run.outputOf('g')]).toEqual([
      'succeeded',
      2,
      'succeeded',
      'good',
    ]);
  });
});
