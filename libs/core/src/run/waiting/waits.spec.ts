import { describe, expect, test } from '@jest/globals';
import { fatesFrom, Interpreter, type InterpreterOptions, ORDERLY } from '@reprise/testing';
import fc from 'fast-check';
import { fence as fenceOf } from '../../ids.js';

const PAID = `
workflow: w
tasks:
  paid:
    waitFor: { event: order.paid, match: event.data.order, key: input.order }`;
const paid = (order: unknown = 7, more: object = {}) => ({ type: 'order.paid', data: { order, ...more } }) as never;
const of = (document: string, options: InterpreterOptions = {}) => Interpreter.of(document, { input: { order: 7 }, ...options });
const waiting = (lines: string) =>
  `workflow: w\ntasks:\n  a:\n    waitFor:\n      event: e.*\n${lines}\noutput: \${{ tasks.a.output }}`;

describe('a wait', () => {
  test('ends with the event whose match is its key, and with no other', () => {
    const run = of(PAID)
      .event(paid(8))
      .event({ type: 'order.placed', data: { order: 7 } })
      .advance(10_000);
    expect(run.task('paid')).toMatchObject({ status: 'waiting', dueAt: null, watchAt: null });
    run.event(paid(7, { total: 5 })).toRest();
    expect(run.run.status).toBe('succeeded');
    const output = { id: 'event-3', source: 'test', type: 'order.paid', subject: null, time: null, data: { order: 7, total: 5 } };
    expect(run.outputOf('paid')).toEqual(output);
    expect(run.task('paid')?.progress).toBeNull();
  });

  test('that begins where something ends that may be undone is told of events as any other', () => {
    const run = of(`
workflow: w
tasks:
  - { id: charge, call: charge, compensate: { call: refund } }
  - { id: paid, waitFor: { event: order.paid } }
  - { id: sure, approval: { subject: Ship it? } }`).advance(10_000);
    expect(run.task('paid')?.startedAt).toBeGreaterThan(run.task('charge')?.endedAt ?? Number.POSITIVE_INFINITY);
    expect(run.event(paid()).advance(10_000).statusOf('paid')).toBe('succeeded');
  });

  test('takes a number and its digits for the same key', () => {
    expect(of(PAID).event(paid('7')).toRest().run.status).toBe('succeeded');
    expect(
      of(PAID, { input: { order: true } })
        .event(paid('true'))
        .toRest().run.status,
    ).toBe('succeeded');
  });

  test('without match and key ends with any event of its type', () => {
    expect(of(waiting('')).event({ type: 'e.x' }).toRest().output).toMatchObject({ type: 'e.x' });
  });

  test.each(['', { a: 1 }, null, 'a\nb', 'x'.repeat(513)])('for a key that is none (%j) fails', (order) => {
    const run = of(PAID, { input: { order } }).toRest();
    expect(run.task('paid')?.error).toMatchObject({
      code: 'EXPRESSION',
      message: expect.stringContaining('key of paid must be text'),
    });
  });

  test('for a key that cannot be evaluated fails', () => {
    expect(of(PAID, { input: {} }).toRest().task('paid')?.error).toMatchObject({ code: 'EXPRESSION' });
  });

  test('that nobody answers rests for ever, and a cancel ends it', () => {
    const run = of(PAID).toRest();
    expect(run.run.status).toBe('running');
    expect(run.send({ kind: 'cancel', reason: null, by: null }).toRest().statusOf('paid')).toBe('cancelled');
  });

  test('of a fence that is over is not woken', () => {
    const run = of(PAID);
    expect(run.decide([{ kind: 'wake', node: 0, at: '', fence: fenceOf(0) }]).applied).toEqual(['stale']);
  });
});

describe('events that came before the wait', () => {
  const LATER = `
workflow: w
tasks:
  - { id: nap, sleep: 1m }
  - { id: a, waitFor: { event: e.*, window: WINDOW } }`;

  test('count when the run was there already', () => {
    const run = of(LATER.replace(', window: WINDOW', '')).event({ type: 'e.early' }).toRest();
    expect(run.outputOf('a')).toMatchObject({ type: 'e.early' });
  });

  test('count only if they came within the window', () => {
    const run = of(LATER.replace('WINDOW', '30s'))
      .event({ type: 'e.tooEarly' })
      .event({ type: 'e.early' }, { afterMs: 35_000 })
      .toRest();
    expect(run.outputOf('a')).toMatchObject({ type: 'e.early' });
    expect(of(LATER.replace('WINDOW', '30s')).event({ type: 'e.tooEarly' }).toRest().run.status).toBe('running');
  });
});

describe('a timeout', () => {
  const TIMED = waiting('      timeout: 1h\n      if: event.data.good');

  test('fails the task, and tells how many events did not count and why', () => {
    const run = of(TIMED)
      .event({ type: 'e.x', data: { good: false } }, { afterMs: 1_000 })
      .toRest();
    expect(run.task('a')?.error).toEqual({
      code: 'TIMEOUT',
      message:
        'a: no event of type e.* with key "true" came in time; 1 did not count, the last because of if: event.data.good is false',
      details: { kind: 'wait', taken: 0, refused: 1 },
    });
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeLessThan(3_600_000 + 10_000);
  });

  test('says how many of several came', () => {
    const run = of(waiting('      timeout: 1s\n      count: 3')).event({ type: 'e.x' }).toRest();
    expect(run.task('a')?.error?.message).toBe('a: 1 of 3 events of type e.* with key "true" came in time');
  });

  test('can be continued', () => {
    const run = of('workflow: w\ntasks: { a: { onError: continue, waitFor: { event: e, timeout: 1s } } }').toRest();
    expect(run.run.status).toBe('succeeded');
  });

  test('leaves out an event that came after it, however late the run looks', () => {
    const late = { ...ORDERLY, message: () => 'lost' as const };
    const run = of(waiting('      timeout: 1s'), { fates: late }).event({ type: 'e.x' }, { afterMs: 1_500 }).advance(30_000);
    expect(run.run.status).toBe('failed');
  });

  test('does not leave out one that came before it', () => {
    const late = { ...ORDERLY, message: () => 'lost' as const };
    const run = of(waiting('      timeout: 1s'), { fates: late }).event({ type: 'e.x' }, { afterMs: 900 }).advance(30_000);
    expect(run.run.status).toBe('succeeded');
  });
});

describe('a condition', () => {
  test('reads the event and the run; an event that it cannot be evaluated on does not count', () => {
    const run = of(waiting('      if: event.data.n > input.order'))
      .event({ type: 'e.x' })
      .event({ type: 'e.x', data: { n: 7 } });
    expect(run.advance(1_000).task('a')?.progress).toMatchObject({
      refused: 2,
      problem: 'if: event.data.n > input.order is false',
    });
    expect(run.event({ type: 'e.x', data: { n: 8 } }).toRest().output).toMatchObject({ data: { n: 8 } });
  });

  test('refuses an event once for each wait, however often they look in one decision', () => {
    const two =
      'workflow: w\ntasks: { a: { forEach: [1, 2], waitFor: { event: e, if: each.value == event.data } }, b: { waitFor: { event: e, if: event.data == 4 } } }';
    const run = of(two, { fates: { ...ORDERLY, message: () => 'lost' as const } })
      .event({ type: 'e', data: 3 })
      .advance(1);
    const wake = (node: number, at: string) => ({ kind: 'wake', node, at, fence: fenceOf(1) }) as const;
    const { marks } = run.decide([wake(0, '0'), wake(0, '1'), wake(0, '0'), wake(1, ''), wake(1, '')]);
    const refused = (node: number, at: string) => ({ node, at, fence: 1, number: 1, taken: false });
    expect(marks).toEqual([refused(0, '0'), refused(0, '1'), refused(1, '')]);
  });

  test('tells what is wrong with it', () => {
    const run = of(waiting('      if: event.data.n > input.order')).event({ type: 'e.x' }).advance(1_000);
    expect(run.task('a')?.progress).toMatchObject({ refused: 1, problem: expect.stringMatching(/^EXPRESSION: /) });
  });
});

describe('several events', () => {
  test('are a list, oldest first, however many come at once', () => {
    const run = of(waiting('      count: 8\n      if: event.data != 3'));
    for (let n = 0; n < 10; n += 1) run.event({ type: 'e.x', data: n });
    expect(run.toRest().output).toEqual([0, 1, 2, 4, 5, 6, 7, 8].map((n) => expect.objectContaining({ data: n })));
  });

  test('one that comes twice counts once', () => {
    const run = of(waiting('      count: 2')).event({ type: 'e.x', id: 'same' }).event({ type: 'e.x', id: 'same' }).toRest();
    expect(run.task('a')?.progress).toMatchObject({ taken: [{ id: 'same' }] });
  });

  test('that together are larger than an output may be fail the task', () => {
    const run = of(waiting('      count: 3'), { limits: { maxOutputBytes: 300 } });
    run.event({ type: 'e.x', data: 'x'.repeat(150) }).event({ type: 'e.x', data: 'x'.repeat(150) });
    expect(run.toRest().task('a')?.error).toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
  });

  test('are taken by one wait of the run each', () => {
    const two =
      'workflow: w\ntasks: { a: { waitFor: { event: e.x } }, b: { waitFor: { event: "e.#", match: event.type, key: "\'e.x\'" } } }';
    const run = of(two).event({ type: 'e.x' }).toRest();
    expect([run.statusOf('a'), run.statusOf('b')].toSorted()).toEqual(['succeeded', 'waiting']);
    run.event({ type: 'e.x' }).toRest();
    expect(new Set(['a', 'b'].map((id) => (run.outputOf(id) as { id: string }).id)).size).toBe(2);
  });

  test('are taken by one wait each when several look in one decision', () => {
    const many = 'workflow: w\ntasks: { a: { forEach: { in: [1, 2, 3, 4], parallel: 4 }, waitFor: { event: e.x } } }';
    const batched = { ...ORDERLY, batch: () => 8 };
    const run = of(many, { fates: batched });
    for (let n = 0; n < 4; n += 1) run.event({ type: 'e.x', data: n });
    run.toRest();
    expect([0, 1, 2, 3].map((n) => (run.outputOf(`a[${n}]`) as { data: number }).data).toSorted()).toEqual([0, 1, 2, 3]);
  });
});

describe('an event sent to the run', () => {
  test('needs to be of the type only, and the condition holds for it too', () => {
    const run = of(waiting('      match: event.subject\n      key: input.order\n      if: event.data.good'));
    run
      .event({ type: 'f.x', data: { good: true } }, { toRun: true })
      .event({ type: 'e.x', data: { good: false } }, { toRun: true });
    expect(run.toRest().statusOf('a')).toBe('waiting');
    expect(run.event({ type: 'e.y', data: { good: true } }, { toRun: true }).toRest().output).toMatchObject({ type: 'e.y' });
  });
});

test('recover looks again, and sends no alarm that would be missed', () => {
  const lost = { ...ORDERLY, message: () => 'lost' as const, report: () => 'lost' as const };
  const run = of(waiting(''), { fates: lost }).event({ type: 'e.x' }).advance(1);
  expect(run.decide([{ kind: 'recover' }]).messages).toEqual([{ kind: 'again', node: 0, at: '', fence: 1 }]);
});

describe('whatever happens to messages, and whenever the scheduler dies', () => {
  const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 100, size: 'max' });
  const MANY = `
workflow: w
tasks:
  nap: { sleep: 10s }
  early: { needs: [nap], waitFor: { event: e.early, count: 4 } }
  all: { forEach: { in: [1, 2, 3], parallel: 3 }, waitFor: { event: e.each, match: event.data.n, key: each.value } }
  same: { waitFor: { event: e.each, count: 2, timeout: 2h } }
  told: { needs: [all], emit: { type: e.told, data: "\${{ tasks.all.output }}" } }
  heard: { needs: [nap], waitFor: { event: e.told } }`;

  test('every wait gets its events, each once', () => {
    fc.assert(
      fc.property(tapes, fc.array(fc.nat({ max: 60_000 }), { minLength: 13, maxLength: 13 }), (fates, delays) => {
        const run = Interpreter.of(MANY, { input: {}, fates: fatesFrom(fates) });
        for (const [index, afterMs] of delays.entries()) {
          if (index < 4) run.event({ type: 'e.early', data: index }, { afterMs });
          else run.event({ type: 'e.each', data: { n: 1 + (index % 3) }, id: `each-${index}` }, { afterMs });
        }
        run.toRest();
        expect(run.run.status).toBe('succeeded');
        const sorted = (run.outputOf('early') as { data: number }[]).map(({ data }) => data).toSorted();
        expect(sorted).toEqual([0, 1, 2, 3]);
        expect(new Set(run.published.map(({ id }) => id)).size).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});

describe('times that an expression gives', () => {
  const document = waiting('      timeout: "${{ input.timeout }}"\n      window: "${{ input.window }}"');

  test('are read when the wait begins', () => {
    const run = of(document, { input: { timeout: '90s', window: '1h' } }).toRest();
    expect(run.task('a')?.error).toMatchObject({ code: 'TIMEOUT', details: { kind: 'wait' } });
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBe(90_000);
    const { createdAt } = run.run;
    const begun = of(document, { input: { timeout: '90s', window: '1h' } }).advance(1);
    expect(begun.task('a')?.progress).toMatchObject({ kind: 'wait', since: createdAt - 3_600_000 });
  });

  test.each([
    ['timeout', 90],
    ['window', '0s'],
  ])('fail the task when %s is none', (field, given) => {
    const run = of(document, { input: { timeout: '90s', window: '1h', [field]: given } }).toRest();
    const message = `${field} of a must be text with a duration longer than 0, such as "30m", got ${JSON.stringify(given)}`;
    expect(run.task('a')?.error).toEqual({ code: 'EXPRESSION', message });
  });
});
