import { describe, expect, test } from '@jest/globals';
import { type AttemptFate, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';
import { FIRST_WHY } from '../retry/index.js';
import { underHolds } from './attempts/why-made.js';

const document = 'workflow: w\ntasks: { a: { call: x.a, retry: { maximumAttempts: 2, initialInterval: 0s } } }';

function withAttempts(...fates: readonly AttemptFate[]) {
  let next = 0;
  return { ...ORDERLY, attempt: () => fates[next++] ?? ('prompt' as const) };
}

describe('an attempt that nobody could take', () => {
  test('goes back uncounted: same number, no budget spent, a wait that doubles, a reason to read', () => {
    const waiting = Interpreter.of(document, { fates: withAttempts('held', 'held', 'held') }).advance(4_000);
    const hold = { reason: 'hold', hold: 'NO_HANDLER', holds: 3, delayMs: 4_000, before: null };
    expect(waiting.task('a')).toMatchObject({ status: 'retrying', why: hold });
    const run = Interpreter.of(document, { fates: withAttempts('held', 'held', 'held') }).toRest();
    expect(run.task('a')).toMatchObject({ status: 'succeeded', attempt: 1, memory: { failures: 0, lost: 0, holds: 3 } });
    // It was made because it is the first: nothing else is to be read of it once it has begun.
    expect(run.task('a')?.why).toBeNull();
    expect(run.executor.claims.map(({ at, attempt }) => [at - run.run.createdAt, attempt])).toEqual([[7_007, 1]]);
    expect(run.attemptsOf('a')).toEqual([]);
  });

  test('starts counting holds anew with the next attempt', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('held', 'prompt', 'held'),
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
    }).toRest();
    expect(run.task('a')).toMatchObject({ attempt: 2, memory: { holds: 1 } });
  });

  test('keeps why it is made: while it waits, and once it has begun', () => {
    const run = Interpreter.of(document, {
      fates: withAttempts('prompt', 'held', 'held'),
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
    }).advance(1_500);
    const made = { reason: 'failure', attempt: 1, code: 'NO' };
    expect(run.task('a')?.why).toMatchObject({ hold: 'NO_HANDLER', holds: 2, before: made });
    expect(run.toRest().task('a')).toMatchObject({ status: 'succeeded', attempt: 2, why: made });
  });

  test('keeps who asked for it', () => {
    const run = Interpreter.of(document.replace('0s', '1h'), {
      fates: withAttempts('prompt', 'held'),
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
    }).advance(1_000);
    const { node, at } = run.task('a')!;
    run.send({ kind: 'retry-now', node, at, by: 'ann' }).toRest();
    expect(run.task('a')).toMatchObject({ status: 'succeeded', why: { reason: 'operator', askedBy: 'ann' } });
  });

  test('that was put back before this was kept says that it was put back', () => {
    const why = { reason: 'hold', hold: 'NO_HANDLER', holds: 1, delayMs: 1_000 } as const;
    expect(underHolds({ ...why, before: { ...why, before: FIRST_WHY } })).toBe(FIRST_WHY);
    expect(underHolds(why)).toBe(why);
  });

  test('asks the retry budget again before it is sent again', () => {
    const policy = { breaker: null, budget: { percent: 0, floorPerSecond: 0.1 } };
    const run = Interpreter.of(document.replace('call: x.a', 'call: x.a, dependency: bank'), {
      fates: withAttempts('prompt', 'held'),
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
      guards: { policy },
    }).advance(3_000);
    const before = { hold: 'NO_HANDLER', before: { reason: 'failure', attempt: 1 } };
    expect(run.task('a')).toMatchObject({ status: 'retrying', why: { hold: 'RETRY_BUDGET', before } });
    // Where every worker reads, whatever else has held it since.
    expect(run.toRest().task('a')).toMatchObject({ status: 'succeeded', queue: 'default', why: before.before });
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
