import { describe, expect, test } from '@jest/globals';
import { type AttemptFate, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';

const withAttempts = (...fates: readonly AttemptFate[]) => {
  let next = 0;
  return { ...ORDERLY, attempt: () => fates[next++] ?? 'prompt' };
};
const document =
  'workflow: w\ntasks: { a: { call: x.a, retry: { maximumAttempts: 2, maximumLost: 3, initialInterval: 1s, jitter: none } } }';

describe('an attempt whose worker is gone', () => {
  test('is lost when its lease is over, not before, and made again under a new number', () => {
    const run = Interpreter.of(document, { fates: withAttempts('dies') }).toRest();
    expect(run.attemptsOf('a')).toMatchObject([
      { attempt: 1, outcome: 'lost', error: { code: 'LOST' } },
      { attempt: 2, outcome: 'succeeded' },
    ]);
    const [first, second] = run.executor.claims;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(15_000 + 1_000);
    expect(run.run.status).toBe('succeeded');
  });

  test('takes nothing from the budget of failures, nor these from its own', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('dies', 'prompt', 'dies', 'prompt'),
      handler: ({ failures }) => (failures < 1 ? failWith('NO') : succeedWith(1)),
    }).toRest();
    expect(run.attemptsOf('a').map(({ outcome }) => outcome)).toEqual(['lost', 'failed', 'lost', 'succeeded']);
    expect(run.task('a')?.memory).toMatchObject({ failures: 1, lost: 2 });
  });

  test('too often parks the task', () => {
    const run = Interpreter.of(document, { fates: withAttempts('dies', 'dies', 'dies') }).toRest();
    expect([run.statusOf('a'), run.run.status, run.executor.claims.length]).toEqual(['parked', 'running', 3]);
  });

  test('takes what the document leaves open from the handler, as far as that is known', () => {
    const play = (retry: string) => {
      const run = Interpreter.of(`workflow: w\ntasks: { a: { call: x.a, retry: { ${retry} } } }`, {
        fates: withAttempts('dies', 'dies', 'dies'),
        guards: {
          policy: { breaker: null, budget: null },
          retries: (call) => (call === 'x.a' ? { maximumLost: 2, initialIntervalMs: 20_000, jitter: 'none' } : null),
        },
      }).toRest();
      return [run.statusOf('a'), run.executor.claims.length, run.attemptsOf('a')[0]?.verdict] as const;
    };
    expect(play('maximumAttempts: 3')).toEqual([
      'parked',
      2,
      expect.objectContaining({ wait: expect.objectContaining({ delayMs: 20_000 }) }),
    ]);
    expect(play('maximumLost: 5, initialInterval: 2s').slice(0, 2)).toEqual(['succeeded', 4]);
  });

  test("that would be made again after the run's timeout fails", () => {
    const run = Interpreter.of(document.replace('tasks:', 'timeout: 16s\ntasks:'), { fates: withAttempts('dies') }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'LOST' } });
  });

  test('answers too late: what it says changes nothing', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('freezes'),
      handler: ({ attempt }) => succeedWith(attempt),
    }).toRest();
    expect([run.outputOf('a'), run.run.status]).toEqual([2, 'succeeded']);
    expect(run.decisions.filter(({ inputs, applied }) => inputs[0]?.kind === 'outcome' && applied[0] === 'stale')).toHaveLength(
      1,
    );
  });

  test('in good order hands it back: the next is made at once and costs no budget', () => {
    const run = Interpreter.of(document, {
      handler: ({ attempt }) => (attempt <= 4 ? { outcome: { kind: 'cancelled' } } : succeedWith(1)),
    }).toRest();
    expect(run.attemptsOf('a').map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'cancelled'],
      [2, 'cancelled'],
      [3, 'cancelled'],
      [4, 'cancelled'],
      [5, 'succeeded'],
    ]);
    const why = { reason: 'handed-back', executor: 'executor-1', attempt: 4 };
    const startedAt = run.executor.claims[0]!.at;
    expect(run.task('a')).toMatchObject({ memory: { failures: 0, lost: 0, holds: 0, firstStartedAt: startedAt }, why });
  });

  test('in good order does not stop the time of all attempts together: it runs from the first one', () => {
    const text = document.replace('maximumAttempts: 2', 'maximumAttempts: 0, maximumElapsed: 10s');
    const handing = (attempts: number) =>
      Interpreter.of(text, {
        handler: ({ attempt }) =>
          attempt <= attempts ? { outcome: { kind: 'cancelled' }, afterMs: 4_000 } : failWith('NO', { afterMs: 2_000 }),
      }).toRest();
    // 2 s of work each, waits of 1 and 2 s; handed back twice, 8 s have gone when the third attempt begins.
    expect(
      handing(0)
        .attemptsOf('a')
        .map(({ outcome }) => outcome),
    ).toEqual(['failed', 'failed', 'failed']);
    expect(
      handing(2)
        .attemptsOf('a')
        .map(({ outcome }) => outcome),
    ).toEqual(['cancelled', 'cancelled', 'failed']);
    expect(handing(2).attemptsOf('a').at(-1)?.verdict).toMatchObject({ spent: 'maximumElapsed' });
  });
});

describe('an outcome', () => {
  test('left in the row by a worker that died then is acted on, not lost', () => {
    const run = Interpreter.of(document, { fates: withAttempts('records'), handler: () => succeedWith('kept') }).toRest();
    expect([run.outputOf('a'), run.executor.claims.length, run.run.status]).toEqual(['kept', 1, 'succeeded']);
  });

  test('whose message is late is left in the row by the next renewal', () => {
    const run = Interpreter.of(document, { fates: withAttempts('lateAnswer') }).toRest();
    expect([run.executor.claims.length, run.run.status]).toEqual([1, 'succeeded']);
    expect(run.decisions.flatMap(({ inputs, applied }) => inputs.map(({ kind }, index) => `${kind} ${applied[index]}`))).toEqual([
      'wake applied',
      'outcome stale',
    ]);
  });

  test('that comes twice counts once', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('answersTwice', 'answersTwice'),
      handler: () => failWith('NO'),
    }).toRest();
    expect(run.task('a')?.memory?.failures).toBe(2);
    expect(run.run.status).toBe('failed');
  });

  test.each([
    ['under an old fence', { fence: 1 }],
    ['of another claim', { claim: '00000000-0000-4000-8000-000000000099' }],
    ['of a task that does not exist', { node: 7 }],
    ['of an item that does not exist', { at: '3' }],
  ])('%s changes nothing', (_what, change) => {
    const run = Interpreter.of(document, { handler: () => succeedWith(1, 60_000) }).advance(1_000);
    const { node, at, fence, claim } = run.task('a') ?? {};
    const decision = run.decide([
      { kind: 'outcome', node, at, fence, claim, outcome: { kind: 'succeeded', output: '1' }, ...change } as never,
    ]);
    expect(decision).toMatchObject({ run: null, tasks: [], messages: [], attempts: [], facts: [], applied: ['stale'] });
  });
});
