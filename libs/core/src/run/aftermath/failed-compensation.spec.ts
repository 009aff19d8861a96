import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, succeedWith } from '@reprise/testing';
import { ANSWERS, SAGA } from '../../../test/saga.js';
import type { JsonText } from '../../json.js';

describe('a compensation that fails', () => {
  test('is tried again like any call', () => {
    let failures = 2;
    const handler = answering({
      ...ANSWERS,
      'payments.refund': () => (failures-- > 0 ? failWith('http.503') : succeedWith({})),
    });
    const run = Interpreter.of(SAGA, { handler }).toRest();
    expect(run.task('charge:compensate')).toMatchObject({ status: 'succeeded', attempt: 3 });
    expect(run.run.status).toBe('failed');
  });

  const broken = { ...ANSWERS, 'payments.refund': failWith('NO_ACCOUNT', { retryable: false }) };

  test('for good waits for a person, while the others go on; the run ends when it is resolved', () => {
    const run = Interpreter.of(SAGA, { handler: answering(broken) }).toRest();
    expect(run.task('charge:compensate')).toMatchObject({ status: 'parked', error: { code: 'NO_ACCOUNT' } });
    expect([run.task('reserve:compensate')?.status, run.run.status]).toEqual(['succeeded', 'running']);
    const { node, at } = run.task('charge:compensate')!;
    const resolve = { kind: 'resolve', node, at, output: '{"by":"hand"}' as JsonText, reason: 'paid cash', by: 'ann' } as const;
    run.send({ ...resolve, outcome: 'retry' }).toRest();
    expect(run.task('charge:compensate')).toMatchObject({ status: 'parked', attempt: 2 });
    run.send({ ...resolve, outcome: 'succeeded' }).toRest();
    expect([run.outputOf('charge:compensate'), run.run.status, run.run.error?.code]).toEqual([
      { by: 'hand' },
      'failed',
      'NO_TRUCK',
    ]);
  });

  test('ends as failed, and nobody waits, where the document says so or a person does', () => {
    const lenient = SAGA.replace('stock: "${{ tasks.reserve.output.id }}" }', '$&\n      retry: { onExhausted: fail }');
    const run = Interpreter.of(lenient, { handler: answering(broken) }).toRest();
    expect([run.task('charge:compensate')?.status, run.run.status]).toEqual(['failed', 'failed']);
    const strict = Interpreter.of(SAGA, { handler: answering(broken) }).toRest();
    const { node, at } = strict.task('charge:compensate')!;
    strict.send({ kind: 'resolve', node, at, outcome: 'failed', output: null, reason: null, by: null }).toRest();
    expect([strict.task('charge:compensate')?.status, strict.run.status]).toEqual(['failed', 'failed']);
  });

  test('cannot even begin when an expression fails: it is parked, and tried anew when somebody asks', () => {
    const document = SAGA.replace('output.id }}" } }', 'output.no.such.thing }}" } }');
    const run = Interpreter.of(document, { handler: answering(ANSWERS) }).toRest();
    expect(run.task('reserve:compensate')).toMatchObject({ status: 'parked', attempt: 0, error: { code: 'EXPRESSION' } });
    const { node, at } = run.task('reserve:compensate')!;
    run.send({ kind: 'resolve', node, at, outcome: 'retry', output: null, reason: null, by: 'ann' }).toRest();
    expect(run.task('reserve:compensate')).toMatchObject({ status: 'parked', attempt: 0 });
    run.send({ kind: 'resolve', node, at, outcome: 'succeeded', output: null, reason: null, by: 'ann' }).toRest();
    expect(run.run.status).toBe('failed');
  });

  test('by the thousand keeps no decision busy: the run comes back for the rest', () => {
    const document = `workflow: w
tasks:
  - { id: l, forEach: "\${{ input }}", transform: 1, compensate: { call: undo, with: "\${{ output.none }}" } }
  - { id: end, fail: { code: X } }`;
    const list = Array.from({ length: 120 }, (_, index) => index);
    const run = Interpreter.of(document, { input: list }).toRest();
    const parked = [...run.ledger.tasks.values()].filter(({ status }) => status === 'parked');
    expect([parked.length, run.run.status]).toEqual([120, 'running']);
    const most = Math.max(
      ...run.decisions.map(({ decision }) => decision.tasks.filter((task) => task.status === 'parked').length),
    );
    expect(most).toBe(50);
    expect(run.decide([{ kind: 'look' }]).applied).toEqual(['stale']);
  });
});

describe('a run that the engine gives up while it is being undone', () => {
  test('ends: what is open is asked to stop, nothing more is undone or told', () => {
    const slow = answering({ ...ANSWERS, 'payments.refund': succeedWith({}, 60_000) });
    const run = Interpreter.of(`${SAGA}onFailure: [{ id: tell, call: tell }]`, { handler: slow }).advance(1_000);
    run.send({ kind: 'abort', error: { code: 'INTERNAL', message: 'poison' } }).toRest();
    expect([run.task('charge:compensate')?.status, run.task('reserve:compensate'), run.task('onFailure')]).toEqual([
      'cancelled',
      null,
      null,
    ]);
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'NO_TRUCK' } });
  });
});
