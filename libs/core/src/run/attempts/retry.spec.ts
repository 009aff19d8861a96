import { describe, expect, test } from '@jest/globals';
import { failWith, Interpreter, ORDERLY, type SimulatedHandler, succeedWith } from '@reprise/testing';
import type { JsonText } from '../../json.js';
import type { PartialRetryPolicy } from '../../retry/index.js';

const play = (retry: string, handler: SimulatedHandler, more = '') =>
  Interpreter.of(`workflow: w\ntasks: { a: { call: x.a, retry: { ${retry} }${more} } }`, { handler }).toRest();
const startsOf = (run: Interpreter) => run.executor.claims.map(({ at }) => at - (run.executor.claims[0]?.at ?? 0));

describe('a failed attempt', () => {
  test('is retried by its policy, each time under a new number and a higher fence, and says why', () => {
    const run = play('maximumAttempts: 4, initialInterval: 1s, jitter: none', ({ failures }) =>
      failures < 3 ? failWith('http.503') : succeedWith('at last'),
    );
    expect([run.run.status, run.outputOf('a')]).toEqual(['succeeded', 'at last']);
    // 10 ms to answer, 1 ms for each message, then 1, 2 and 4 s.
    expect(startsOf(run)).toEqual([0, 1_012, 3_024, 7_036]);
    expect(run.executor.claims.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(run.executor.claims.map(({ fence }) => fence)).toEqual([2, 5, 8, 11]);
    const records = run.attemptsOf('a');
    expect(records.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'succeeded']);
    expect(records.map(({ why }) => (why !== null && 'code' in why ? [why.code, why.attempt] : null))).toEqual([
      null,
      ['http.503', 1],
      ['http.503', 2],
      ['http.503', 3],
    ]);
    expect(records.map(({ verdict }) => verdict)).toMatchObject([
      { action: 'retry' },
      { action: 'retry' },
      { action: 'retry' },
      null,
    ]);
  });

  test('fails the task when the policy is spent, with the last error', () => {
    const run = play('maximumAttempts: 2, initialInterval: 1s', ({ attempt }) => failWith(`E${attempt}`));
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'E2', task: 'a' } });
    expect(run.attemptsOf('a').at(-1)?.verdict).toMatchObject({ spent: 'maximumAttempts', action: 'fail' });
  });

  test('parks it instead where the policy says so; then all else is settled and the run stays open', () => {
    const run = play('maximumAttempts: 1, onExhausted: park', () => failWith('NO'));
    expect(run.task('a')).toMatchObject({ status: 'parked', error: { code: 'NO' }, claim: null, watchAt: null });
    expect(run.run.status).toBe('running');
  });

  test('with `0s` is dispatched again in the same decision', () => {
    const run = play('maximumAttempts: 3, initialInterval: 0s', ({ failures }) =>
      failures < 2 ? failWith('NO') : succeedWith(1),
    );
    expect(startsOf(run)).toEqual([0, 12, 24]);
  });

  test('is not retried when the handler says so, or the code is nonRetryable, or not in retryOn', () => {
    for (const [retry, retryable] of [
      ['maximumAttempts: 3', false],
      ['nonRetryable: [N*]', true],
      ['retryOn: [Y]', true],
    ] as const) {
      const run = play(retry, () => failWith('NO', { retryable }));
      expect([run.executor.claims.length, run.run.status]).toEqual([1, 'failed']);
    }
  });

  test('waits as long as the handler asked, also beyond the longest interval', () => {
    const run = play('maximumInterval: 1s', ({ failures }) =>
      failures === 0 ? failWith('http.429', { retryAfterMs: 90_000 }) : succeedWith(1),
    );
    expect(startsOf(run)).toEqual([0, 90_012]);
  });

  test('waits in the ledger, off the delay wheel, when the wait is long, and still comes on time', () => {
    const run = play('maximumAttempts: 2', ({ failures }) =>
      failures === 0 ? failWith('http.429', { retryAfterMs: 3_600_000 }) : succeedWith(1),
    );
    expect(startsOf(run)).toEqual([0, 3_600_012]);
    const alarms = run.messages.filter(({ kind }) => kind === 'alarm');
    expect(alarms).toHaveLength(1);
  });

  test('draws its jitter from the number that came with the input', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, retry: { initialInterval: 1s } } }', {
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
      unit: () => 0,
    }).toRest();
    expect(startsOf(run)).toEqual([0, 112]);
  });

  test('takes what the document leaves open from the handler', () => {
    const answer = failWith('NO');
    const outcome =
      answer.outcome.kind === 'failed' ? { ...answer.outcome, handlerRetry: { maximumAttempts: 1 } } : answer.outcome;
    expect(play('initialInterval: 1s', () => ({ outcome })).executor.claims).toHaveLength(1);
    expect(play('maximumAttempts: 2', () => ({ outcome })).executor.claims).toHaveLength(2);
  });

  test('by `succeedWhen` takes what the document leaves open from the handler, too', () => {
    const refused =
      (handlerRetry?: PartialRetryPolicy): SimulatedHandler =>
      () => ({
        outcome: { kind: 'succeeded', output: '"open"' as JsonText, ...(handlerRetry === undefined ? {} : { handlerRetry }) },
      });
    const claims = (retry: string, handler: SimulatedHandler): number => {
      const run = play(retry, handler, `, succeedWhen: "output == 'captured'"`);
      expect(run.run.error).toMatchObject({ code: 'UNEXPECTED_RESULT' });
      return run.executor.claims.length;
    };
    expect(claims('initialInterval: 1s', refused())).toBe(3);
    expect(claims('initialInterval: 1s', refused({ maximumAttempts: 1 }))).toBe(1);
    expect(claims('initialInterval: 1s', refused({ nonRetryable: ['UNEXPECTED_RESULT'] }))).toBe(1);
    expect(claims('maximumAttempts: 2', refused({ maximumAttempts: 1 }))).toBe(2);
  });

  test('that was retried too early by a hurried alarm waits for the rest', () => {
    const fates = { ...ORDERLY, message: () => 'early' as const };
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, retry: { initialInterval: 1s, jitter: none } } }', {
      fates,
      handler: ({ failures }) => (failures === 0 ? failWith('NO') : succeedWith(1)),
    }).toRest();
    expect(startsOf(run)[1]).toBeGreaterThanOrEqual(1_010);
  });
});
