import { describe, expect, test } from '@jest/globals';
import { failWith, Interpreter, type InterpreterOptions, ORDERLY, succeedWith } from '@reprise/testing';
import { fence as fenceOf } from '../../ids.js';
import { toJsonText } from '../../json.js';
import { compileWorkflow } from '../../workflow/compile.js';
import { startRun } from '../start-run.js';
import { NO_ORIGIN } from '../state/origin.js';

const SHIPPED = `
workflow: shop
tasks:
  tell: { emit: { type: "order.\${{ input.what }}", subject: "\${{ input.id }}", data: { order: "\${{ input.id }}" } } }
output: \${{ tasks.tell.output }}`;
const of = (emit: string, options: InterpreterOptions = {}) =>
  Interpreter.of(`workflow: shop\ntasks: { tell: { emit: ${emit} } }`, options);

describe('an emitted event', () => {
  test('is published, and the task succeeds once the broker has it', () => {
    const run = Interpreter.of(SHIPPED, { input: { what: 'shipped', id: 7 } });
    const head = { id: `${run.run.id}/tell`, source: 'reprise/shop', type: 'order.shipped', subject: '7' };
    expect(run.task('tell')).toMatchObject({ status: 'waiting', watchAt: run.now + 10_000, dueAt: null });
    run.toRest();
    expect(run.published).toEqual([{ ...head, time: '2026-01-01T00:00:00.000Z', data: { order: 7 }, hops: 1 }]);
    expect(run.output).toEqual({ ...head, time: '2026-01-01T00:00:00.000Z' });
  });

  test('needs nothing but a type', () => {
    expect(of('{ type: a }').toRest().published).toMatchObject([{ type: 'a', subject: null, data: null }]);
    expect(of('{ type: a, subject: "" }').toRest().published).toMatchObject([{ subject: null }]);
  });

  test('tells by its hops how many events led to it', () => {
    const workflow = compileWorkflow({ workflow: 'w', tasks: { a: { emit: { type: 't' } } } });
    const request = {
      id: Interpreter.of(SHIPPED, { input: { what: 'x', id: 1 } }).run.id,
      input: toJsonText(null),
      labels: {},
      origin: { ...NO_ORIGIN, hops: 4 },
    };
    const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 10 };
    expect(startRun(workflow, request, { now: 0, units: [], limits }).messages).toContainEqual(
      expect.objectContaining({ kind: 'emit', event: expect.objectContaining({ hops: 5 }) }),
    );
  });

  test('whose message or confirmation is lost goes out again, the same', () => {
    let lost = 2;
    const fates = { ...ORDERLY, message: () => (lost-- > 0 ? ('lost' as const) : ('once' as const)) };
    const run = Interpreter.of(SHIPPED, { input: { what: 'shipped', id: 7 }, fates });
    run.toRest();
    expect(run.run.status).toBe('succeeded');
    expect(run.messages.filter(({ kind }) => kind === 'emit')).toHaveLength(2);
  });

  test('cancelled before it was confirmed goes out as it was when the run is taken up again', () => {
    let sent = 0;
    const fates = { ...ORDERLY, message: () => (++sent <= 2 ? ('lost' as const) : ('once' as const)) };
    const handler = ({ attempt }: { readonly attempt: number }) =>
      attempt === 1 ? failWith('NO', { retryable: false }) : succeedWith(1);
    const run = Interpreter.of('workflow: w\ntasks: { tell: { emit: { type: t } }, b: { call: x.b } }', { fates, handler });
    expect(run.toRest().statusOf('tell')).toBe('cancelled');
    expect(run.send({ kind: 'retry-run', by: 'ann' }).toRest().run.status).toBe('succeeded');
    expect(run.published.map(({ id }) => id)).toEqual([`${run.run.id}/tell`]);
  });

  test('that may be out is undone, though nobody has confirmed it when its run is cancelled', () => {
    const fates = { ...ORDERLY, message: () => 'lost' as const };
    const run = Interpreter.of(
      'workflow: w\ntasks: { tell: { emit: { type: t }, compensate: { call: x.untell } }, nap: { sleep: 1h } }',
      { fates },
    ).advance(1_000);
    expect(run.statusOf('tell')).toBe('waiting');
    const { tasks } = run.decide([{ kind: 'cancel', reason: null, by: null }]);
    expect(tasks.map(({ node, status }) => [run.workflow.nodes[node]?.path, status])).toContainEqual([
      'tell:compensate',
      'ready',
    ]);
  });

  test('that is cancelled in the decision that begins it was never out', () => {
    const document =
      'workflow: w\ntasks: { tell: { emit: { type: t }, compensate: { call: x.untell } }, f: { fail: { code: NO } } }';
    const run = Interpreter.of(document).toRest();
    expect([run.statusOf('tell'), run.task('tell:compensate'), run.published]).toEqual(['cancelled', null, []]);
  });

  test('goes out again with recover', () => {
    const run = Interpreter.of(SHIPPED, { input: { what: 'shipped', id: 7 } });
    expect(run.decide([{ kind: 'recover' }]).messages).toMatchObject([{ kind: 'emit', event: { id: `${run.run.id}/tell` } }]);
  });

  test('in a loop has the item in its id; one too deep has its address', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: [1, 2], emit: { type: t } } }').toRest();
    expect(run.published.map(({ id }) => id)).toEqual([`${run.run.id}/a[0]`, `${run.run.id}/a[1]`]);
    const long = 'x'.repeat(64);
    const nested = Array.from({ length: 13 }).reduce<object>((inner) => ({ [long]: { tasks: inner } }), {
      [long]: { emit: { type: 't' } },
    });
    const deep = Interpreter.of({ workflow: 'w', tasks: nested } as never).toRest();
    expect(deep.published.map(({ id }) => id)).toEqual([`${deep.run.id}/13:`]);
  });
});

describe('what cannot be published fails the task', () => {
  test.each([
    ['a type that is none', '{ type: "${{ input.t }}" }', { t: 'a b' }, 'INVALID_INPUT', /^type of tell must be an event type/],
    ['a type that is no text', '{ type: "${{ input.t }}" }', { t: 5 }, 'INVALID_INPUT', /got 5$/],
    ['a type that is too long', '{ type: "${{ input.t }}" }', { t: 'a'.repeat(256) }, 'INVALID_INPUT', /at most 255/],
    ['a reserved type', '{ type: "${{ input.t }}" }', { t: 'run.start.w' }, 'INVALID_INPUT', /none that begins with `run.`/],
    [
      'a subject that is no text',
      '{ type: a, subject: "${{ input.t }}" }',
      { t: {} },
      'INVALID_INPUT',
      /^subject of tell must be text/,
    ],
    ['a subject with a line break', '{ type: a, subject: "${{ input.t }}" }', { t: 'a\nb' }, 'INVALID_INPUT', /^subject of tell/],
    ['a subject that is too long', '{ type: a, subject: "${{ input.t }}" }', { t: 'a'.repeat(1_025) }, 'INVALID_INPUT', /1024/],
    [
      'data that is too large',
      '{ type: a, data: "${{ input.t }}" }',
      { t: 'a'.repeat(262_143) },
      'INVALID_INPUT',
      /has 262145 characters of data/,
    ],
    ['a type that fails', '{ type: "${{ input.x }}" }', {}, 'EXPRESSION', /x/],
    ['a subject that fails', '{ type: a, subject: "${{ input.x }}" }', {}, 'EXPRESSION', /x/],
    ['data that fails', '{ type: a, data: "${{ input.x }}" }', {}, 'EXPRESSION', /x/],
  ])('%s', (_, emit, input, code, message) => {
    const run = of(emit, { input }).toRest();
    expect(run.task('tell')?.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(run.published).toEqual([]);
  });
});

describe('a confirmation', () => {
  const emitted = (fence: number, at = '') => ({ kind: 'emitted', node: 0, at, fence: fenceOf(fence) }) as const;

  test('of another fence, of no row, or of what is not being published changes nothing', () => {
    const run = of('{ type: a }');
    expect(run.decide([emitted(0)]).applied).toEqual(['stale']);
    expect(run.decide([emitted(1, '3')]).applied).toEqual(['stale']);
    const nap = Interpreter.of('workflow: w\ntasks: { a: { sleep: 1h } }');
    expect(nap.decide([emitted(1)]).applied).toEqual(['stale']);
  });

  test('that comes twice in one decision counts once', () => {
    const { applied, tasks } = Interpreter.of(
      'workflow: w\nfailFast: false\ntasks: { a: { emit: { type: a } }, b: { sleep: 1h } }',
    ).decide([emitted(1), emitted(1)]);
    expect(applied).toEqual(['applied', 'stale']);
    expect(tasks).toMatchObject([{ status: 'succeeded', progress: null }]);
  });
});
