import { describe, expect, test } from '@jest/globals';
import { failWith, Interpreter, ORDERLY, type SimulatedAnswer, type SimulatedHandler, succeedWith } from '@reprise/testing';
import type { JsonText } from '../../json.js';
import type { EffectFinding } from '../state/effect-finding.js';
import type { Guard } from '../state/guard.js';
import type { Input } from '../state/input.js';

const DOCUMENT = (fields = '', more = '') => `workflow: w
tasks:
  pay: { call: pay, retry: { maximumAttempts: 3, initialInterval: 1s, jitter: none }${fields} }${more}`;

const once = (policy?: string) => `, effect: once${policy === undefined ? '' : `, onInDoubt: ${policy}`}`;

/** Answers in turn, the last one for ever; `dies` where there is none. */
function given(document: string, ...answers: readonly (SimulatedAnswer | 'dies')[]): Interpreter {
  let asked = 0;
  let fated = 0;
  const at = (index: number) => answers[Math.min(index, answers.length - 1)] ?? 'dies';
  const handler: SimulatedHandler = ({ call }) => {
    if (call !== 'pay') return succeedWith('done');
    const answer = at(asked++);
    return answer === 'dies' ? succeedWith('never told') : answer;
  };
  return Interpreter.of(document, {
    handler,
    fates: { ...ORDERLY, attempt: () => (at(fated++) === 'dies' ? 'dies' : 'prompt') },
  });
}

/** An attempt that dies with its effect begun. */
const left = (guard: Guard, answer: SimulatedAnswer): SimulatedAnswer => ({ ...answer, guard });
const outcomes = (run: Interpreter) => run.attemptsOf('pay').map(({ outcome }) => outcome);

const resolve = (run: Interpreter, outcome: 'succeeded' | 'failed' | 'retry', effects?: readonly EffectFinding[]): Input => {
  const { node, at } = run.task('pay')!;
  return {
    kind: 'resolve',
    node,
    at,
    outcome,
    output: null,
    reason: null,
    by: 'ann',
    ...(effects === undefined ? {} : { effects }),
  };
};

describe('work that must be done once', () => {
  test('is not repeated when its worker is lost: a person is asked, with what is known', () => {
    const run = given(DOCUMENT(once()), 'dies').toRest();
    expect(run.task('pay')).toMatchObject({ status: 'parked', attempt: 1, error: { code: 'IN_DOUBT' } });
    expect(run.task('pay')?.error).toEqual({
      code: 'IN_DOUBT',
      message: 'nobody knows whether attempt 1 of pay has done its work: attempt 1 of pay was lost with its executor executor-1',
      details: { attempt: 1, cause: { code: 'LOST', message: 'attempt 1 of pay was lost with its executor executor-1' } },
    });
    expect(outcomes(run)).toEqual(['in_doubt']);
  });

  test.each<[string, SimulatedAnswer]>([
    ['fails without saying that nothing happened', failWith('BROKEN')],
    ['times out', failWith('TIMEOUT')],
    ['is stopped with its executor', { outcome: { kind: 'cancelled' } }],
  ])('nor when it %s', (_, answer) => {
    const run = given(DOCUMENT(once()), answer).toRest();
    expect(run.task('pay')).toMatchObject({ status: 'parked', attempt: 1, error: { code: 'IN_DOUBT' } });
  });

  test('nor when its result is not what it should be: doing it again would not mend that', () => {
    const run = given(DOCUMENT(`${once()}, succeedWhen: output.good`), succeedWith({ good: false })).toRest();
    expect(run.task('pay')).toMatchObject({
      status: 'parked',
      error: { code: 'IN_DOUBT', details: { cause: { code: 'UNEXPECTED_RESULT' } } },
    });
  });

  test('is tried again as ever when it says that nothing happened', () => {
    const run = given(DOCUMENT(once()), failWith('BUSY', { happened: false }), succeedWith('paid')).toRest();
    expect(run.task('pay')).toMatchObject({ status: 'succeeded', attempt: 2, guard: 'once-park' });
    expect(outcomes(run)).toEqual(['failed', 'succeeded']);
  });

  test('onInDoubt: fail fails the task, retry repeats it, probe asks a person, for nothing was recorded that could be asked about', () => {
    const failed = given(DOCUMENT(once('fail')), 'dies').toRest();
    expect([failed.run.status, failed.task('pay')?.error?.code]).toEqual(['failed', 'IN_DOUBT']);
    const repeated = given(DOCUMENT(once('retry')), 'dies', succeedWith('paid')).toRest();
    expect([repeated.run.status, outcomes(repeated)]).toEqual(['succeeded', ['lost', 'succeeded']]);
    expect(
      given(DOCUMENT(once('probe')), 'dies')
        .toRest()
        .statusOf('pay'),
    ).toBe('parked');
  });

  test('a cancel ends it, and what may have happened is undone', () => {
    const run = given(DOCUMENT(`${once()}, compensate: { call: refund }`), { ...failWith('BROKEN'), afterMs: 5_000 }).advance(
      100,
    );
    run.send({ kind: 'cancel', reason: null, by: 'ann' }).toRest();
    expect([run.run.status, run.statusOf('pay'), run.statusOf('pay:compensate')]).toEqual([
      'cancelled',
      'cancelled',
      'succeeded',
    ]);
  });
});

describe('an effect that is recorded', () => {
  test('settled: a lost attempt runs again, for the ledger answers what it has done', () => {
    const run = given(DOCUMENT(once()), left('settled', failWith('BROKEN')), succeedWith('paid')).toRest();
    expect(run.task('pay')).toMatchObject({ status: 'succeeded', attempt: 2, guard: 'settled' });
  });

  test.each<[Guard, string, string]>([
    ['open-park', 'parked', 'in_doubt'],
    ['open-fail', 'failed', 'in_doubt'],
  ])('%s: the task is %s at once', (guard, status, outcome) => {
    const run = given(DOCUMENT(), left(guard, failWith('BROKEN'))).toRest();
    expect([run.statusOf('pay'), run.task('pay')?.error?.code, outcomes(run)]).toEqual([status, 'IN_DOUBT', [outcome]]);
  });

  test.each<Guard>(['open-probe', 'open-retry'])(
    '%s: the next attempt finds out, whatever the error says of retries',
    (guard) => {
      const declined = left(guard, failWith('DECLINED', { retryable: false }));
      const run = given(
        DOCUMENT(', retry: { nonRetryable: [DECLINED] }').replace(/retry: \{ max.*?\}, /, ''),
        declined,
        left('settled', succeedWith('paid')),
      );
      expect(run.toRest().task('pay')).toMatchObject({ status: 'succeeded', attempt: 2 });
    },
  );

  test('is never just a failure: when the attempts are used up a person is asked', () => {
    const run = given(DOCUMENT(), left('open-probe', failWith('BUSY'))).toRest();
    expect(run.task('pay')).toMatchObject({
      status: 'parked',
      attempt: 3,
      error: { code: 'IN_DOUBT', details: { cause: { code: 'BUSY' } } },
    });
    expect(outcomes(run)).toEqual(['failed', 'failed', 'failed']);
  });

  test('nor when the time for all attempts is over while it waits for the next', () => {
    const run = given(DOCUMENT(', timeout: { total: 1500ms }'), left('open-probe', failWith('BUSY', { afterMs: 600 }))).toRest();
    expect(run.task('pay')).toMatchObject({ status: 'parked', error: { code: 'IN_DOUBT' } });
  });

  test.each<[Guard, string]>([
    ['open-park', 'parked'],
    ['open-probe', 'parked'],
    ['open-fail', 'failed'],
    ['open-retry', 'succeeded'],
  ])('%s: a handler that looks away and returns has %s', (guard, status) => {
    const run = given(DOCUMENT(), left(guard, succeedWith('fine'))).toRest();
    expect(run.statusOf('pay')).toBe(status);
    if (status !== 'succeeded') expect(run.task('pay')?.error?.details).toMatchObject({ cause: { code: 'UNSETTLED_EFFECT' } });
  });

  test('of a cancelled run ends with it', () => {
    const run = given(DOCUMENT(', compensate: { call: refund }'), {
      ...left('open-park', succeedWith('fine')),
      afterMs: 5_000,
      ignoresCancel: true,
    });
    run.advance(100).send({ kind: 'cancel', reason: null, by: 'ann' }).toRest();
    expect([run.statusOf('pay'), run.task('pay')?.error?.code, run.statusOf('pay:compensate')]).toEqual([
      'cancelled',
      'UNSETTLED_EFFECT',
      'succeeded',
    ]);
    expect(outcomes(run)).toEqual(['in_doubt']);
  });

  test('is the next run of the task’s as well: it goes on from what is recorded', () => {
    const run = given(DOCUMENT(), left('open-fail', failWith('BROKEN')), succeedWith('paid')).toRest();
    run.send({ kind: 'retry-run', by: 'ann' }).advance(1);
    expect(run.task('pay')).toMatchObject({ guard: 'open-fail', attempt: 2 });
  });
});

describe('what a person has found out', () => {
  const parked = (guard: Guard = 'open-park') =>
    given(DOCUMENT(), left(guard, failWith('BROKEN')), left('settled', succeedWith('paid'))).toRest();
  const written = (run: Interpreter, input: Input) => run.decide([input]).effects;

  test('retry: what is not named has not happened, and may be begun again', () => {
    const run = parked();
    const { node } = run.task('pay')!;
    expect(written(run, resolve(run, 'retry'))).toEqual([{ node, at: '', findings: [], othersNot: true, by: 'ann' }]);
    run.send(resolve(run, 'retry')).toRest();
    expect(run.task('pay')).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  test('retry of what was to be done once, and has recorded nothing, writes nothing', () => {
    const run = given(DOCUMENT(once()), 'dies', succeedWith('paid')).toRest();
    expect(written(run, resolve(run, 'retry'))).toEqual([]);
    run.send(resolve(run, 'retry')).toRest();
    expect(run.statusOf('pay')).toBe('succeeded');
  });

  test('is written with their word, whichever it is', () => {
    const findings = [{ name: 'charge', happened: true, result: '{"id":7}' as JsonText }] as const;
    for (const outcome of ['retry', 'succeeded', 'failed'] as const) {
      const run = parked();
      const { node } = run.task('pay')!;
      expect(written(run, resolve(run, outcome, findings))).toEqual([
        { node, at: '', findings, othersNot: outcome === 'retry', by: 'ann' },
      ]);
      run.send(resolve(run, outcome, findings)).advance(1);
      expect(run.statusOf('pay')).toBe({ retry: 'running', succeeded: 'succeeded', failed: 'failed' }[outcome]);
    }
  });

  test('settles what an ended task has left in doubt, and changes nothing else', () => {
    const run = given(DOCUMENT(), { ...left('open-park', succeedWith('fine')), afterMs: 5_000, ignoresCancel: true });
    const { node, at } = run.advance(100).task('pay')!;
    const effects = [{ name: 'charge', happened: true, result: '7' as JsonText }] as const;
    const settle = { kind: 'settle', node, at, effects, reason: 'in their books', by: 'ann' } as const;
    expect(run.decide([settle])).toMatchObject({ applied: ['stale'], effects: [] });
    run.send({ kind: 'cancel', reason: null, by: 'ann' }).toRest();
    expect([run.run.status, run.statusOf('pay')]).toEqual(['cancelled', 'cancelled']);
    expect(run.decide([settle])).toMatchObject({
      applied: ['applied'],
      run: null,
      tasks: [],
      effects: [{ node, at, findings: effects, othersNot: false, by: 'ann' }],
    });
    expect(run.decide([{ ...settle, at: '7' }]).applied).toEqual(['stale']);
  });
});
