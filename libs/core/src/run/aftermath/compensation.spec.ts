import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, ORDERLY, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { ANSWERS, input, order, SAGA } from '../../../test/saga.js';

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

  test('undoes also what was begun before a long list whose group cannot be undone', () => {
    const run = Interpreter.of(
      `workflow: w
tasks:
  - { id: a, call: x.a, compensate: { call: x.undo } }
  - { id: g, tasks: [{ id: l, forEach: "\${{ input }}", call: x.l, compensate: { call: x.undo } }],
      compensate: { call: x.undo, with: "\${{ output.no.such }}", retry: { onExhausted: fail } } }
  - { id: f, fail: { code: NO } }`,
      { input: Array.from({ length: 60 }, (_, index) => index), handler: () => succeedWith(1) },
    ).toRest();
    expect([run.run.status, run.statusOf('g:compensate'), run.statusOf('a:compensate')]).toEqual([
      'failed',
      'failed',
      'succeeded',
    ]);
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
