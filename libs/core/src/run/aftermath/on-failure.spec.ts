import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, succeedWith } from '@reprise/testing';
import { ANSWERS, input, order, SAGA } from '../../../test/saga.js';

describe('onFailure', () => {
  const TOLD = `${SAGA}onFailure:
  - { id: tell, call: ops.alert, with: { task: "\${{ run.error.task }}", ship: "\${{ tasks.ship.status }}", skipped: "\${{ tasks.reserve.output.id }}" } }
  - { id: note, transform: "\${{ tasks.tell.output }}" }
`;

  test('runs when all is undone, and may read every task and the error', () => {
    const run = Interpreter.of(TOLD, { handler: answering({ ...ANSWERS, 'ops.alert': succeedWith('told') }) }).toRest();
    expect(order(run).slice(-2)).toEqual(['reserve:compensate', 'onFailure.tell']);
    expect(input(run, 'onFailure.tell')).toEqual({ task: 'ship', ship: 'failed', skipped: 'r1' });
    expect([run.outputOf('onFailure.note'), run.outputOf('onFailure'), run.run.status]).toEqual(['told', 'told', 'failed']);
  });

  test('does not wait for a compensation that a person must resolve; the run does', () => {
    const broken = { ...ANSWERS, 'payments.refund': failWith('NO_ACCOUNT', { retryable: false }) };
    const run = Interpreter.of(TOLD, { handler: answering(broken) }).toRest();
    expect([run.task('onFailure')?.status, run.run.status, run.run.progress.phase?.kind]).toEqual([
      'succeeded',
      'running',
      'onFailure',
    ]);
    const { node, at } = run.task('charge:compensate')!;
    run.send({ kind: 'resolve', node, at, outcome: 'succeeded', output: null, reason: null, by: 'ann' }).toRest();
    expect([run.run.status, run.task('onFailure.tell')?.attempt]).toEqual(['failed', 1]);
  });

  test('that fails itself changes nothing about why the run failed, and is seen', () => {
    const run = Interpreter.of(TOLD, { handler: answering({ ...ANSWERS, 'ops.alert': failWith('DOWN', { retryable: false }) }) });
    expect(run.toRest().run).toMatchObject({ status: 'failed', error: { code: 'NO_TRUCK' } });
    expect(run.task('onFailure')).toMatchObject({ status: 'failed', error: { code: 'DOWN', task: 'onFailure.tell' } });
  });

  test('runs without anything to undo, and at once', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { fail: { code: X } } }\nonFailure: [{ id: b, transform: "${{ run.error }}" }]',
    );
    expect([run.toRest().outputOf('onFailure.b'), run.wants]).toMatchObject([{ code: 'X', task: 'a' }, 0]);
    expect([run.run.status, run.run.progress.compensated]).toEqual(['failed', false]);
  });

  test('is not for a run that was cancelled', () => {
    const run = Interpreter.of(TOLD, { handler: answering({ ...ANSWERS, 'shipping.ship': succeedWith({}, 60_000) }) }).advance(
      1_000,
    );
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([run.run.status, run.task('onFailure')]).toEqual(['cancelled', null]);
  });

  test('runs anew when the run is taken up again and fails again', () => {
    const document = `workflow: w
tasks: { a: { call: a, retry: { maximumAttempts: 1 } } }
onFailure: [{ id: tell, call: tell }]`;
    const run = Interpreter.of(document, { handler: answering({ a: failWith('X') }) }).toRest();
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.task('onFailure.tell')?.attempt]).toEqual(['failed', 2]);
  });
});
