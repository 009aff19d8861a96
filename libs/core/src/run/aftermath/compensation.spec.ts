import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, ORDERLY, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { pathOf } from '../../address.js';
import type { Json, JsonText } from '../../json.js';

const SAGA = `
workflow: saga
tasks:
  - id: reserve
    call: stock.reserve
    compensate: { call: stock.release, with: { of: "\${{ output.id }}" } }
  - id: charge
    call: payments.charge
    compensate:
      call: payments.refund
      with: { charge: "\${{ tasks.charge.output.id }}", why: "\${{ run.error.code }}", stock: "\${{ tasks.reserve.output.id }}" }
  - { id: ship, call: shipping.ship, retry: { maximumAttempts: 1 } }
`;

const ANSWERS = {
  'stock.reserve': succeedWith({ id: 'r1' }),
  'payments.charge': succeedWith({ id: 'c1' }),
  'shipping.ship': failWith('NO_TRUCK', { retryable: false }),
};

/** The paths of the calls, in the order in which executors took them. */
function order({ executor, workflow }: Interpreter): readonly string[] {
  const paths = executor.claims.map(({ key }) => {
    const [node = '', at = ''] = key.split(':');
    return pathOf(workflow, { node: Number(node), at });
  });
  return [...new Set(paths)];
}

const input = (run: Interpreter, path: string): Json => JSON.parse(run.task(path)?.input ?? 'null');

describe('a run that fails', () => {
  test('undoes what it did, the last first; each reads what its task gave and why the run failed', () => {
    const run = Interpreter.of(SAGA, { handler: answering(ANSWERS) }).toRest();
    expect(order(run)).toEqual(['reserve', 'charge', 'ship', 'charge:compensate', 'reserve:compensate']);
    expect(input(run, 'charge:compensate')).toEqual({ charge: 'c1', why: 'NO_TRUCK', stock: 'r1' });
    expect(input(run, 'reserve:compensate')).toEqual({ of: 'r1' });
    expect(run.run).toMatchObject({
      status: 'failed',
      error: { code: 'NO_TRUCK' },
      progress: { compensated: true, phase: null },
    });
  });

  test('stays running meanwhile, closing, and neither its timeout nor a cancel ends what it does', () => {
    const slow = answering({ ...ANSWERS, 'payments.refund': succeedWith({}, 200_000) });
    const run = Interpreter.of(`${SAGA}timeout: 1m\n`, { handler: slow }).advance(1_000);
    expect(run.run).toMatchObject({ status: 'running', scope: { closing: 'failed' }, dueAt: null });
    expect(run.run.progress).toMatchObject({ phase: { kind: 'compensating', at: '' }, compensated: true });
    expect(run.decide([{ kind: 'cancel', reason: null, by: null }]).applied).toEqual(['stale']);
    expect(run.toRest().run).toMatchObject({ status: 'failed', error: { code: 'NO_TRUCK' } });
    expect(run.run.endedAt! - run.run.createdAt).toBeGreaterThan(200_000);
  });

  test('asks nobody for anything when there is nothing to undo, and once at most when there might be', () => {
    const plain = Interpreter.of('workflow: w\ntasks: { a: { fail: { code: X } } }').toRest();
    expect([plain.wants, plain.run.progress.phase]).toEqual([0, null]);
    const early = { ...ANSWERS, 'stock.reserve': failWith('EMPTY', { retryable: false }) };
    const run = Interpreter.of(SAGA, { handler: answering(early) }).toRest();
    expect([run.wants, run.run.status, run.run.progress.compensated]).toEqual([1, 'failed', false]);
    expect(order(run)).toEqual(['reserve']);
  });

  test('undoes also what an output that cannot be made leaves behind', () => {
    const document = `workflow: w
tasks: { a: { call: a, compensate: { call: undo } } }
output: "\${{ tasks.a.output.is.not.there }}"`;
    const run = Interpreter.of(document, { handler: answering({ a: succeedWith({}) }) }).toRest();
    expect(order(run)).toEqual(['a', 'a:compensate']);
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION' }, scope: { closing: 'failed' } });
  });

  test('is undone by a cancel and by its timeout too', () => {
    const waits = SAGA.replace('{ id: ship, call: shipping.ship, retry: { maximumAttempts: 1 } }', '{ id: wait, sleep: 1h }');
    const cancelled = Interpreter.of(waits, { handler: answering(ANSWERS) }).advance(1_000);
    cancelled.send({ kind: 'cancel', reason: null, by: 'ann' }).toRest();
    expect([cancelled.run.status, order(cancelled).slice(2)]).toEqual(['cancelled', ['charge:compensate', 'reserve:compensate']]);
    const late = Interpreter.of(`${waits}timeout: 1m\n`, { handler: answering(ANSWERS) }).toRest();
    expect([late.run.status, late.run.error?.code, order(late).length]).toEqual(['failed', 'TIMEOUT', 4]);
  });

  test('knows the order of what ended in one and the same decision', () => {
    const document = `workflow: w
tasks:
  first: { transform: 1, compensate: { call: undo, with: first } }
  second: { transform: 2, compensate: { call: undo, with: second } }
  third: { needs: [first, second], transform: 3, compensate: { call: undo, with: third } }
  last: { needs: [third], fail: { code: X } }`;
    const run = Interpreter.of(document).toRest();
    expect(order(run)).toEqual(['third:compensate', 'second:compensate', 'first:compensate']);
  });
});

describe('what may have happened though nobody said so', () => {
  const guarded = (task: string): string => `workflow: w
tasks:
  charge: { call: charge, ${task}, onError: continue, compensate: { call: undo, with: { of: "\${{ output }}", own: "\${{ tasks.charge.output }}" } } }
  fail: { needs: [charge], runWhen: done, fail: { code: X } }`;

  test('is undone: a timeout, an attempt lost with its worker; with null for its output', () => {
    const slow: SimulatedHandler = ({ path }) => succeedWith({}, path === 'charge' ? 60_000 : 10);
    const late = Interpreter.of(guarded('timeout: 1s, retry: { maximumAttempts: 1 }'), { handler: slow }).toRest();
    expect(late.task('charge')).toMatchObject({ status: 'failed', memory: { doubt: true } });
    expect(input(late, 'charge:compensate')).toEqual({ of: null, own: null });
    const lost = Interpreter.of(guarded('retry: { maximumLost: 1 }'), { fates: { ...ORDERLY, attempt: () => 'dies' } });
    const parked = lost.toRest().task('charge');
    expect(parked).toMatchObject({ status: 'parked', memory: { lost: 1, doubt: true } });
  });

  test.each([
    ['http.TIMEOUT', null, true],
    ['http.NETWORK', { cause: 'ECONNRESET' }, true],
    ['http.NETWORK', { happened: false }, false],
    ['http.TIMEOUT', { happened: true }, true],
    ['http.503', 'text', false],
    ['TIMEOUTS', null, false],
  ])('a handler that says %s, with details %j, leaves doubt: %s', (code, details, doubt) => {
    const outcome = { kind: 'failed', error: { code, message: 'm', details }, retryable: false, retryAfterMs: null } as const;
    const run = Interpreter.of(guarded('queue: q'), { handler: answering({ charge: { outcome } }) }).toRest();
    expect(run.task('charge:compensate') !== null).toBe(doubt);
  });

  test('an attempt that was stopped, or handed back before another failed', () => {
    const stopped = Interpreter.of(guarded('queue: q'), {
      handler: ({ path }) => succeedWith({}, path === 'charge' ? 60_000 : 10),
    });
    stopped.advance(1_000).send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([stopped.task('charge')?.status, order(stopped).at(-1)]).toEqual(['cancelled', 'charge:compensate']);
    const answers = [{ outcome: { kind: 'cancelled' } } as const, failWith('NO', { retryable: false })];
    const run = Interpreter.of(guarded('queue: q'), {
      handler: ({ path }) => (path === 'charge' ? (answers.shift() ?? succeedWith({})) : succeedWith({})),
    }).toRest();
    expect(run.attemptsOf('charge').map(({ outcome }) => outcome)).toEqual(['cancelled', 'failed']);
    expect(order(run)).toContain('charge:compensate');
  });

  test('a success that comes after the run was cancelled counts, and is undone', () => {
    const run = Interpreter.of(guarded('queue: q'), {
      handler: ({ path }) => ({ ...succeedWith({ id: 7 }, path === 'charge' ? 5_000 : 10), ignoresCancel: true }),
    }).advance(1_000);
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect(run.task('charge')?.status).toBe('succeeded');
    expect(input(run, 'charge:compensate')).toEqual({ of: { id: 7 }, own: { id: 7 } });
  });
});

describe('items, rounds and groups', () => {
  test('each item is undone by itself, with its own value and output', () => {
    const document = `workflow: w
tasks:
  - id: page
    forEach: { in: [a, b, c], parallel: 1 }
    call: copy
    compensate: { call: remove, with: { value: "\${{ each.value }}", index: "\${{ each.index }}", own: "\${{ tasks.page.output }}", status: "\${{ tasks.page.status }}" } }
  - { id: end, fail: { code: X } }`;
    const run = Interpreter.of(document, { handler: ({ path }) => succeedWith(path) }).toRest();
    expect(order(run).slice(3)).toEqual(['page[2]:compensate', 'page[1]:compensate', 'page[0]:compensate']);
    expect(input(run, 'page[1]:compensate')).toEqual({ value: 'b', index: 1, own: 'page[1]', status: 'succeeded' });
  });

  test('each round is undone, and knows its number', () => {
    const document = `workflow: w
tasks:
  - { id: poll, repeat: { maximum: 2 }, call: take, compensate: { call: back, with: "\${{ round.number }}" } }
  - { id: end, fail: { code: X } }`;
    const run = Interpreter.of(document).toRest();
    expect(order(run).slice(2)).toEqual(['poll[2]:compensate', 'poll[1]:compensate']);
    expect([input(run, 'poll[2]:compensate'), input(run, 'poll[1]:compensate')]).toEqual([2, 1]);
  });

  const GROUP = `workflow: w
tasks:
  - id: trip
    tasks:
      hotel: { call: hotel, compensate: { call: cancel.hotel } }
      flight: { needs: [hotel], call: flight, compensate: { call: cancel.flight } }
    compensate: { call: cancel.trip, with: "\${{ output.flight }}" }
  - { id: end, fail: { code: X } }`;

  test('a group that succeeded and knows how is undone as one', () => {
    const run = Interpreter.of(GROUP, { handler: answering({ flight: succeedWith('f1') }) }).toRest();
    expect(order(run)).toEqual(['trip.hotel', 'trip.flight', 'trip:compensate']);
    expect(input(run, 'trip:compensate')).toBe('f1');
  });

  test('one that did not leaves it to what is in it', () => {
    const run = Interpreter.of(GROUP, { handler: answering({ flight: failWith('FULL', { retryable: false }) }) }).toRest();
    expect(order(run)).toEqual(['trip.hotel', 'trip.flight', 'trip.hotel:compensate']);
    expect(run.task('trip:compensate')).toBeNull();
  });
});

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
