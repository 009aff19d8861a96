import { describe, expect, test } from '@jest/globals';
import {
  answering,
  type Fates,
  failWith,
  Interpreter,
  type InterpreterOptions,
  ORDERLY,
  type SimulatedHandler,
  succeedWith,
} from '@reprise/testing';
import { SLICE } from '../state/decision.js';

const play = (text: string, options: InterpreterOptions = {}) => Interpreter.of(`workflow: w\ntasks:\n${text}`, options).toRest();

/** Answers `{ n: 1 }`, `{ n: 2 }`, … in the order of the calls. */
function counting(): SimulatedHandler {
  let calls = 0;
  return () => succeedWith({ n: ++calls });
}

describe('a repeat', () => {
  test('goes on until its condition is true; its output is that of the last round', () => {
    const run = play('  a: { repeat: { until: output.n == 3 }, call: x.a }', { handler: counting() });
    expect([run.run.status, run.outputOf('a')]).toEqual(['succeeded', { n: 3 }]);
    expect([1, 2, 3].map((round) => run.outputOf(`a[${round}]`))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(run.task('a[4]')).toBeNull();
  });

  test('goes on while its condition is true', () => {
    expect(play('  a: { repeat: { while: output.n < 4 }, call: x.a }', { handler: counting() }).outputOf('a')).toEqual({ n: 4 });
  });

  test('with both ends with the first that says so', () => {
    const both = (until: string, goOn: string) =>
      play(`  a: { repeat: { until: ${until}, while: ${goOn} }, call: x.a }`, { handler: counting() }).outputOf('a');
    expect([both('output.n == 2', 'output.n < 5'), both('output.n == 5', 'output.n < 2')]).toEqual([{ n: 2 }, { n: 2 }]);
  });

  test('with `maximum` alone has that many rounds', () => {
    const run = play('  a: { repeat: { maximum: 3 }, call: x.a }', { handler: counting() });
    expect([run.run.status, run.outputOf('a')]).toEqual(['succeeded', { n: 3 }]);
  });

  test('whose condition has not come true after `maximum` rounds fails and says which', () => {
    const run = play('  a: { repeat: { until: output.n > 9, while: output.n < 9, maximum: 4 }, call: x.a }', {
      handler: counting(),
    });
    expect(run.run.error).toEqual({
      code: 'UNEXPECTED_RESULT',
      message:
        'a: `until: output.n > 9` has not come true and `while: output.n < 9` is still true after 4 rounds, the most there may be',
      details: { rounds: 4 },
      task: 'a',
    });
  });

  test('that finds its condition true in the very last round has not failed', () => {
    expect(play('  a: { repeat: { until: output.n == 4, maximum: 4 }, call: x.a }', { handler: counting() }).run.status).toBe(
      'succeeded',
    );
  });

  test('tells each round its number and what the one before it gave, null at first', () => {
    const run = play(
      '  a: { repeat: { until: round.number == 3 }, call: x.a, with: { n: "${{ round.number }}", last: "${{ round.last }}" } }',
      {
        handler: answering({ 'x.a': ({ at }) => succeedWith(`of ${at}`) }),
      },
    );
    expect([1, 2, 3].map((round) => JSON.parse(String(run.task(`a[${round}]`)?.input)))).toEqual([
      { n: 1, last: null },
      { n: 2, last: 'of 1' },
      { n: 3, last: 'of 2' },
    ]);
  });

  test('reads, after a round, that round and the one before it', () => {
    const run = play('  a: { repeat: { until: output == round.last }, transform: "${{ round.number < 4 ? round.number : 3 }}" }');
    expect(run.task('a')?.progress).toMatchObject({ round: 4 });
  });

  test('waits its interval between rounds, not before the first and not after the last', () => {
    const run = Interpreter.of('workflow: w\ntasks:\n  a: { repeat: { maximum: 3, interval: 1m }, transform: 1 }');
    expect([run.statusOf('a'), run.task('a')?.dueAt]).toEqual(['waiting', run.now + 60_000]);
    const before = run.now;
    run.toRest();
    expect((run.run.endedAt ?? 0) - before).toBe(120_000);
    expect([run.statusOf('a'), run.task('a')?.dueAt]).toEqual(['succeeded', null]);
  });

  test('waits as long as an expression on the round says, and at once when it says 0s', () => {
    const run = play(
      '  a: { repeat: { maximum: 4, interval: "${{ string(output) + \'s\' }}" }, transform: "${{ round.number % 2 }}" }',
    );
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBe(2_000);
  });

  test.each([
    ['that is no duration', '${{ output }}', 'a cannot wait 7 between rounds: that is no duration such as 30s'],
    [
      'that is a text but no duration',
      '${{ string(output) }}',
      'a cannot wait "7" between rounds: that is no duration such as 30s',
    ],
    ['that fails', '${{ output.x }}', '`output.x`: a number has no field "x"'],
  ])('whose interval is an expression %s fails', (_, interval, message) => {
    const run = play(`  a: { repeat: { maximum: 3, interval: "${interval}" }, transform: 7 }`);
    expect(run.run.error).toMatchObject({ code: 'EXPRESSION', message });
  });

  test('whose condition fails fails', () => {
    expect(play('  a: { repeat: { until: output.x.y }, transform: 7 }').run.error?.code).toBe('EXPRESSION');
  });

  test('fails with the round that fails, and names it', () => {
    const run = play('  a: { repeat: { maximum: 5 }, call: x.a }', {
      handler: ({ at }) => (at === '3' ? failWith('BROKEN', { retryable: false }) : succeedWith(1)),
    });
    expect([run.run.status, run.run.error?.task, run.task('a[4]')]).toEqual(['failed', 'a[3]', null]);
  });

  test('lets each round be tried again as its own retry says', () => {
    const run = play('  a: { repeat: { maximum: 2 }, call: x.a, retry: { maximumAttempts: 3, initialInterval: 0s } }', {
      handler: ({ attempt }) => (attempt < 3 ? failWith('BROKEN') : succeedWith(1)),
    });
    expect([run.run.status, run.task('a[1]')?.attempt, run.task('a[2]')?.attempt]).toEqual(['succeeded', 3, 3]);
  });

  test('of a group runs the group in each round, and is read inside it', () => {
    const run = play(`
  a:
    repeat: { until: output.sum >= 6 }
    tasks: [{ id: b, transform: "\${{ round.number }}" }, { id: c, transform: { sum: "\${{ tasks.b.output + (round.last == null ? 0 : round.last.sum) }}" } }]`);
    expect([run.outputOf('a'), run.outputOf('a[2].b'), run.outputOf('a[3].c')]).toEqual([{ sum: 6 }, 2, { sum: 6 }]);
  });

  test('inside a forEach repeats each item on its own', () => {
    const run = play(
      '  a: { forEach: { in: [1, 3, 2], tolerate: 3 }, repeat: { until: round.number == each.value }, transform: "${{ each.index * 10 + round.number }}" }',
    );
    expect([run.outputOf('a'), run.outputOf('a[1][2]'), run.task('a[0][2]')]).toEqual([[1, 13, 22], 12, null]);
  });

  test('around a repeat: the inner round is the one that is read', () => {
    const run = play(
      '  a: { repeat: { maximum: 2 }, tasks: [{ id: b, repeat: { maximum: 3 }, transform: "${{ round.number }}" }, { id: c, transform: "${{ [round.number, tasks.b.output] }}" }] }',
    );
    expect([run.outputOf('a[1]'), run.outputOf('a')]).toEqual([
      [1, 3],
      [2, 3],
    ]);
  });

  test('that is skipped has no round', () => {
    expect(play("  a: { if: 'false', repeat: { maximum: 2 }, transform: 1 }").ledger.tasks.size).toBe(0);
  });

  test('a large output of a round is fetched when it is read, and becomes the output of all', () => {
    const run = play(
      '  a: { repeat: { until: output.size() == round.last.size() }, transform: "${{ input }}" }\noutput: "${{ tasks.a.output.size() }}"',
      { input: 'x'.repeat(1_000), storedAbove: 10 },
    );
    expect(run.run.error?.code).toBe('EXPRESSION');
    const good = play(
      '  a: { repeat: { until: round.last != null && output.size() == round.last.size() }, transform: "${{ input }}" }\noutput: "${{ tasks.a.output.size() }}"',
      { input: 'x'.repeat(1_000), storedAbove: 10 },
    );
    expect(good.output).toBe(1_000);
  });
});

describe('rounds that end at once', () => {
  test('are at most as many in one decision as items of a list are, and go on with the next', () => {
    const run = play('  a: { repeat: { maximum: 1000 }, transform: "${{ round.number }}" }');
    expect([run.run.status, run.outputOf('a')]).toEqual(['succeeded', 1_000]);
    for (const { decision } of run.decisions) expect(decision.tasks.length).toBeLessThanOrEqual(SLICE + 1);
    expect(run.decisions.length).toBe(10);
  });

  test('go on though the message that comes back for them is lost', () => {
    let sent = 0;
    const fates: Fates = { ...ORDERLY, message: () => (++sent <= 4 ? 'lost' : 'once') };
    const run = play('  a: { repeat: { maximum: 250 }, transform: 1 }', { fates });
    expect(run.run.status).toBe('succeeded');
  });
});

describe('a repeat that is cancelled', () => {
  const cancelled = (text: string, afterMs: number, handler: SimulatedHandler = () => succeedWith(1, 5_000)) =>
    Interpreter.of(`workflow: w\ntasks:\n${text}`, { handler })
      .advance(afterMs)
      .send({ kind: 'cancel', reason: null, by: null })
      .toRest();

  test('while it waits ends at once, without another round', () => {
    const run = cancelled('  a: { repeat: { maximum: 3, interval: 1h }, call: x.a }', 60_000);
    expect([run.run.status, run.statusOf('a'), run.statusOf('a[1]'), run.task('a[2]')]).toEqual([
      'cancelled',
      'cancelled',
      'succeeded',
      null,
    ]);
    expect((run.run.endedAt ?? Infinity) - run.run.createdAt).toBeLessThan(120_000);
  });

  test('while a round runs asks that round to stop', () => {
    const run = cancelled('  a: { repeat: { maximum: 3 }, call: x.a }', 7_000);
    expect([run.statusOf('a'), run.statusOf('a[2]'), run.task('a[3]')]).toEqual(['cancelled', 'cancelled', null]);
  });

  test('while a round runs that succeeds all the same starts no other', () => {
    const run = cancelled('  a: { repeat: { maximum: 3 }, call: x.a }', 7_000, () => ({
      ...succeedWith(1, 5_000),
      ignoresCancel: true,
    }));
    expect([run.statusOf('a'), run.statusOf('a[2]'), run.task('a[3]')]).toEqual(['cancelled', 'succeeded', null]);
  });
});

test('an alarm of an earlier wait does not end a later one', () => {
  const run = Interpreter.of('workflow: w\ntasks:\n  a: { repeat: { maximum: 3, interval: 10s }, transform: 1 }');
  const first = run.task('a');
  if (first === null) throw new Error('a has not begun');
  run.advance(11_000);
  expect(run.task('a')?.progress).toMatchObject({ round: 2, due: true });
  expect(run.decide([{ kind: 'wake', node: 0, at: '', fence: first.fence }]).applied).toEqual(['stale']);
  expect(run.decide([{ kind: 'wake', node: 0, at: '', fence: run.task('a')?.fence ?? first.fence }]).tasks).toMatchObject([
    { status: 'waiting', progress: { round: 2, due: true } },
  ]);
});
