import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ScheduleTrigger } from '../workflow/trigger.js';
import { armSchedule, decideFiring, type ScheduleState } from './decide-firing.js';
import { jitterOf } from './jitter.js';
import { listInstants, newestInstants } from './list-instants.js';
import { timetableOf } from './timetable.js';

const MINUTE = 60_000;
/** Every minute, as nobody would write it, so that all its fields can be told apart. */
const schedule = (more: Partial<ScheduleTrigger> = {}): ScheduleTrigger => ({
  kind: 'schedule',
  id: 's',
  timing: { kind: 'every', everyMs: MINUTE },
  timezone: 'UTC',
  jitterMs: 0,
  startAt: null,
  endAt: null,
  catchUp: 'last',
  overlap: 'allow',
  dst: { gap: 'shift', repeat: 'first' },
  condition: null,
  key: null,
  input: null,
  ...more,
});
const at = (minute: number): number => minute * MINUTE;
const state = (nextInstant: number | null, more: Partial<ScheduleState> = {}): ScheduleState => ({
  nextInstant,
  previous: null,
  pending: [],
  ...more,
});
const firing = (trigger: ScheduleTrigger, from: ScheduleState, now: number, open = false) =>
  decideFiring('w/s', trigger, from, open, now);
const fired = (trigger: ScheduleTrigger, from: ScheduleState, now: number, open = false): readonly number[] =>
  firing(trigger, from, now, open).fire.map(({ instant }) => instant / MINUTE);

describe('a schedule', () => {
  test('begins with the first instant after now', () => {
    expect(armSchedule('w/s', schedule(), at(5))).toEqual({ nextInstant: at(6), dueAt: at(6) });
    expect(armSchedule('w/s', schedule({ endAt: at(5) }), at(5))).toEqual({ nextInstant: null, dueAt: null });
  });

  test('that is not due does nothing', () => {
    const before = state(at(5), { previous: at(3) });
    expect(firing(schedule(), before, at(5) - 1)).toEqual({
      fire: [],
      skip: [],
      missed: 0,
      cancelOpen: false,
      state: before,
      dueAt: at(5),
    });
    expect(firing(schedule(), state(null), at(5))).toMatchObject({ fire: [], dueAt: null });
  });

  test('fires at its instant, once, and tells the one before', () => {
    expect(firing(schedule(), state(at(5), { previous: at(3) }), at(5))).toEqual({
      fire: [{ instant: at(5), previous: at(3), dueAt: at(5) }],
      skip: [],
      missed: 0,
      cancelOpen: false,
      state: { nextInstant: at(6), previous: at(5), pending: [] },
      dueAt: at(6),
    });
  });

  test('ends with its last instant', () => {
    expect(firing(schedule({ endAt: at(5) }), state(at(5)), at(5))).toMatchObject({
      fire: [{ instant: at(5) }],
      state: { nextInstant: null },
      dueAt: null,
    });
  });

  test('whose table no longer has the instant it waited for goes on with the next', () => {
    expect(firing(schedule(), state(at(5) + 1), at(5) + 2)).toMatchObject({ fire: [], missed: 0, state: { nextInstant: at(6) } });
  });
});

describe('after nobody was there', () => {
  test('last: the newest fires, the others were missed', () => {
    const found = firing(schedule(), state(at(5), { previous: at(4) }), at(9) + 1);
    expect(found).toMatchObject({
      fire: [{ instant: at(9), previous: at(4) }],
      missed: 4,
      state: { nextInstant: at(10), previous: at(9) },
    });
  });

  test('none: what is late is missed, what is on its way fires', () => {
    const none = schedule({ catchUp: 'none' });
    expect(firing(none, state(at(5)), at(9) + 10_000)).toMatchObject({ fire: [{ instant: at(9) }], missed: 4 });
    expect(firing(none, state(at(5)), at(9) + 10_001)).toMatchObject({
      fire: [],
      missed: 5,
      state: { nextInstant: at(10), previous: null },
    });
  });

  test('all: a hundred at a time, in their order, and no more than a thousand', () => {
    const all = schedule({ catchUp: 'all' });
    const first = firing(all, state(at(1)), at(1_300));
    expect(first.missed).toBe(300);
    expect(first.fire.map(({ instant }) => instant)).toEqual(Array.from({ length: 100 }, (_, index) => at(301 + index)));
    expect(first).toMatchObject({ state: { nextInstant: at(401), previous: at(400) }, dueAt: at(401) });
    const second = firing(all, first.state, at(1_300));
    expect([second.missed, second.fire[0]]).toEqual([0, { instant: at(401), previous: at(400), dueAt: at(401) }]);
  });

  test('of years of seconds not one is walked through to find the newest', () => {
    const seconds = schedule({ timing: { kind: 'cron', expression: '* * * * * *' } });
    const year = 365 * 24 * 60;
    expect(firing(seconds, state(0), at(year))).toMatchObject({ fire: [{ instant: at(year) }], missed: 10_000 });
  });
});

describe('while a run of an earlier instant is open', () => {
  const late = at(7) + 1;
  const all = { catchUp: 'all' } as const;

  test('allow: it does not matter', () => {
    expect(fired(schedule({ ...all }), state(at(5)), late, true)).toEqual([5, 6, 7]);
  });

  test('skip: nothing fires, and of several that are due the first is in the way of the others', () => {
    const skip = schedule({ ...all, overlap: 'skip' });
    const reason = 'overlap: skip, and the run of an earlier instant has not ended';
    expect(firing(skip, state(at(7), { previous: at(4) }), late, true)).toMatchObject({
      fire: [],
      skip: [{ instant: at(7), reason }],
      state: { previous: at(4), pending: [], nextInstant: at(8) },
    });
    expect(firing(skip, state(at(5)), late)).toMatchObject({
      fire: [{ instant: at(5) }],
      skip: [
        { instant: at(6), reason },
        { instant: at(7), reason },
      ],
      state: { previous: at(5) },
    });
  });

  test('queue: instants wait, and fire one after the other', () => {
    const queue = schedule({ ...all, overlap: 'queue' });
    const waiting = firing(queue, state(at(5)), late, true);
    expect(waiting).toMatchObject({ fire: [], state: { pending: [at(5), at(6), at(7)], nextInstant: at(8) } });
    const next = firing(queue, waiting.state, late);
    expect(next).toMatchObject({ fire: [{ instant: at(5) }], state: { pending: [at(6), at(7)], previous: at(5) } });
    expect(firing(queue, next.state, at(8))).toMatchObject({
      fire: [{ instant: at(6), previous: at(5) }],
      state: { pending: [at(7), at(8)] },
    });
  });

  test('queue: only so many wait', () => {
    const full = state(at(2_000), { pending: Array.from({ length: 1_000 }, (_, index) => at(index)) });
    expect(firing(schedule({ overlap: 'queue' }), full, at(2_000), true)).toMatchObject({
      skip: [{ instant: at(2_000), reason: 'overlap: queue, and 1000 earlier instants wait already' }],
      state: { pending: full.pending },
    });
  });

  test('cancelRunning: it is asked to stop once for each instant, and the newest waits until it has', () => {
    const cancel = schedule({ ...all, overlap: 'cancelRunning' });
    const reason = 'overlap: cancelRunning, and a later instant came before it could begin';
    const asked = firing(cancel, state(at(6)), late, true);
    expect(asked).toMatchObject({ fire: [], skip: [{ instant: at(6), reason }], cancelOpen: true, state: { pending: [at(7)] } });
    expect(firing(cancel, asked.state, late, true)).toMatchObject({
      fire: [],
      skip: [],
      cancelOpen: false,
      state: { pending: [at(7)] },
    });
    expect(firing(cancel, asked.state, at(8), true)).toMatchObject({
      skip: [{ instant: at(7), reason }],
      cancelOpen: true,
      state: { pending: [at(8)] },
    });
    expect(firing(cancel, asked.state, late)).toMatchObject({
      fire: [{ instant: at(7) }],
      cancelOpen: false,
      state: { pending: [] },
    });
  });
});

describe('jitter', () => {
  test('puts a firing off by the same for everybody, within its bound, and differently for different instants', () => {
    const jitters = Array.from({ length: 1_000 }, (_, minute) => jitterOf('w/s', at(minute), 10_000));
    expect(jitters).toEqual(Array.from({ length: 1_000 }, (_, minute) => jitterOf('w/s', at(minute), 10_000)));
    expect(Math.min(...jitters)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...jitters)).toBeLessThanOrEqual(10_000);
    const mean = jitters.reduce((sum, each) => sum + each, 0) / jitters.length;
    expect(Math.abs(mean - 5_000)).toBeLessThan(500);
    expect(jitterOf('w/other', at(1), 10_000)).not.toBe(jitterOf('w/s', at(1), 10_000));
    expect(jitterOf('w/s', at(1), 0)).toBe(0);
  });

  test('lets no instant overtake another, and none fire before its time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 5 * MINUTE }),
        fc.array(fc.integer({ min: 1, max: 3 * MINUTE }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom('last', 'all'),
        (jitterMs, steps, catchUp) => {
          const trigger = schedule({ jitterMs, catchUp });
          let current = state(at(1));
          let now = 0;
          let missed = 0;
          const instants: number[] = [];
          for (const step of steps) {
            now += step;
            const found = firing(trigger, current, now);
            for (const { instant, dueAt } of found.fire) {
              expect(dueAt).toBe(instant + jitterOf('w/s', instant, jitterMs));
              expect(dueAt).toBeLessThanOrEqual(now);
              instants.push(instant);
            }
            missed += found.missed;
            current = found.state;
          }
          expect(instants).toEqual(instants.toSorted((a, b) => a - b));
          expect(new Set(instants).size).toBe(instants.length);
          expect(instants.length + missed).toBe(((current.nextInstant ?? 0) - at(1)) / MINUTE);
        },
      ),
    );
  });
});

test('however often one looks, every instant is dealt with exactly once', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('none', 'last', 'all'),
      fc.constantFrom('skip', 'queue', 'allow', 'cancelRunning'),
      fc.array(fc.record({ step: fc.integer({ min: 0, max: 200 * MINUTE }), open: fc.boolean() }), { maxLength: 40 }),
      (catchUp, overlap, looks) => {
        const trigger = schedule({ catchUp, overlap });
        let current = state(at(1));
        let now = 0;
        let missed = 0;
        const dealt: number[] = [];
        for (const { step, open } of looks) {
          now += step;
          const found = firing(trigger, current, now, open);
          if (open && overlap !== 'allow') expect(found.fire).toEqual([]);
          if (overlap !== 'allow') expect(found.fire.length).toBeLessThanOrEqual(1);
          expect(found.fire[0]?.previous ?? current.previous).toBe(current.previous);
          dealt.push(...[...found.fire, ...found.skip].map(({ instant }) => instant));
          missed += found.missed;
          current = found.state;
        }
        const all = [...dealt, ...current.pending];
        expect(new Set(all).size).toBe(all.length);
        expect(all.length + missed).toBe(((current.nextInstant ?? 0) - at(1)) / MINUTE);
      },
    ),
  );
});

test('the newest instants are those at the end of the list, however far back they lie', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('*/5 * * * *', '0 0 * * *', '0 0 1 1 *', '*/20 * * * * *'),
      fc.integer({ min: 0, max: 3 * 365 * 24 * 60 }),
      fc.integer({ min: 1, max: 50 }),
      (expression, minutes, limit) => {
        const timetable = timetableOf(schedule({ timing: { kind: 'cron', expression } }));
        const until = Date.UTC(2026, 0, 1) + minutes * 1_000;
        const after = Date.UTC(2026, 0, 1) - 1;
        const all = listInstants(timetable, after, until, Number.POSITIVE_INFINITY);
        const found = newestInstants(timetable, after, until, limit);
        expect(found.instants).toEqual(all.slice(-limit));
        expect(found.older).toBe(Math.min(10_000, all.length - found.instants.length));
      },
    ),
    { numRuns: 30 },
  );
});
