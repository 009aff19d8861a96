import { describe, expect, test } from '@jest/globals';
import { type AttemptFate, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';

const document = 'workflow: w\ntasks: { a: { call: x.a, retry: { maximumAttempts: 2, initialInterval: 0s } } }';

function withAttempts(...fates: readonly AttemptFate[]) {
  let next = 0;
  return { ...ORDERLY, attempt: () => fates[next++] ?? ('prompt' as const) };
}

describe('an attempt that nobody could take', () => {
  test('goes back uncounted: same number, no budget spent, a wait that doubles, a reason to read', () => {
    const run = Interpreter.of(document, { fates: withAttempts('held', 'held', 'held') }).toRest();
    expect(run.task('a')).toMatchObject({ status: 'succeeded', attempt: 1, memory: { failures: 0, lost: 0, holds: 3 } });
    expect(run.task('a')?.why).toEqual({ reason: 'hold', hold: 'NO_HANDLER', holds: 3, delayMs: 4_000 });
    expect(run.executor.claims.map(({ at, attempt }) => [at - run.run.createdAt, attempt])).toEqual([[7_007, 1]]);
    expect(run.attemptsOf('a')).toEqual([]);
  });

  test('starts counting holds anew with the next attempt', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('held', 'prompt', 'held'),
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
    }).toRest();
    expect(run.task('a')).toMatchObject({ attempt: 2, why: { reason: 'hold', holds: 1, delayMs: 1_000 } });
  });

  test('is not put back by a report about an older ticket, nor while it runs', () => {
    const run = Interpreter.of(document, { handler: () => succeedWith(1, 60_000) });
    expect(run.decide([{ kind: 'hold', node: 0, at: '', fence: 0 as never, reason: 'NO_QUEUE' }]).applied).toEqual(['stale']);
    expect(run.decide([{ kind: 'hold', node: 9, at: '', fence: 1 as never, reason: 'NO_QUEUE' }]).applied).toEqual(['stale']);
    run.advance(1_000);
    const { fence } = run.task('a') ?? {};
    expect(run.decide([{ kind: 'hold', node: 0, at: '', fence: fence as never, reason: 'NO_QUEUE' }]).applied).toEqual(['stale']);
  });
});
