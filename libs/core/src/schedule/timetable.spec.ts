import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseZone } from '../calendar/zone.js';
import { listInstants, previousInstant } from './list-instants.js';
import { type Times, timetableOf } from './timetable.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const cron = (expression: string, timezone: string, more: Partial<Times> = {}): Times => ({
  timing: { kind: 'cron', expression },
  timezone,
  startAt: null,
  endAt: null,
  dst: { gap: 'shift', repeat: 'first' },
  ...more,
});
const texts = (instants: readonly number[]): readonly string[] => instants.map((instant) => new Date(instant).toISOString());
const between = (times: Times, from: string, until: string, limit = 100): readonly string[] =>
  texts(listInstants(timetableOf(times), Date.parse(from) - 1, Date.parse(until), limit));

describe('clocks that change', () => {
  test('forward: a time that does not exist fires when it is over, or not at all', () => {
    const at = (gap: 'skip' | 'shift') =>
      between(
        cron('30 2 * * *', 'Europe/Berlin', { dst: { gap, repeat: 'first' } }),
        '2026-03-28T00:00:00Z',
        '2026-03-30T12:00:00Z',
      );
    expect(at('shift')).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
    expect(at('skip')).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
  });

  test('back: a time that comes twice fires the first time, or both', () => {
    const at = (repeat: 'first' | 'both') =>
      between(
        cron('30 1 * * *', 'America/New_York', { dst: { gap: 'shift', repeat } }),
        '2026-10-31T00:00:00Z',
        '2026-11-02T12:00:00Z',
      );
    expect(at('first')).toEqual(['2026-10-31T05:30:00.000Z', '2026-11-01T05:30:00.000Z', '2026-11-02T06:30:00.000Z']);
    expect(at('both')).toEqual([
      '2026-10-31T05:30:00.000Z',
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T06:30:00.000Z',
      '2026-11-02T06:30:00.000Z',
    ]);
  });

  test('forward: many times that do not exist fire once together, with the time that follows them', () => {
    expect(between(cron('*/20 * * * *', 'Europe/Berlin'), '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z')).toEqual([
      '2026-03-29T00:40:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:20:00.000Z',
    ]);
  });

  test('by half an hour: Lord Howe', () => {
    const at = (gap: 'skip' | 'shift', repeat: 'first' | 'both', from: string, until: string) =>
      between(cron('15 2 * * *', 'Australia/Lord_Howe', { dst: { gap, repeat } }), from, until);
    // 2026-10-04 02:00 becomes 02:30; 2026-04-05 02:00 becomes 01:30, so 02:15 comes once.
    expect(at('shift', 'first', '2026-10-03T12:00:00Z', '2026-10-04T12:00:00Z')).toEqual(['2026-10-03T15:30:00.000Z']);
    expect(at('skip', 'first', '2026-10-03T12:00:00Z', '2026-10-04T12:00:00Z')).toEqual([]);
    const repeated = cron('45 1 * * *', 'Australia/Lord_Howe', { dst: { gap: 'shift', repeat: 'both' } });
    expect(between(repeated, '2026-04-04T12:00:00Z', '2026-04-05T12:00:00Z')).toEqual([
      '2026-04-04T14:45:00.000Z',
      '2026-04-04T15:15:00.000Z',
    ]);
  });

  test('by a whole day: Apia had no 30 December 2011', () => {
    const at = (gap: 'skip' | 'shift') =>
      between(
        cron('0 9 * * *', 'Pacific/Apia', { dst: { gap, repeat: 'first' } }),
        '2011-12-29T12:00:00Z',
        '2011-12-31T12:00:00Z',
      );
    // 09:00 on the 29th, the first moment of the 31st for the 30th, 09:00 on the 31st.
    expect(at('shift')).toEqual(['2011-12-29T19:00:00.000Z', '2011-12-30T10:00:00.000Z', '2011-12-30T19:00:00.000Z']);
    expect(at('skip')).toEqual(['2011-12-29T19:00:00.000Z', '2011-12-30T19:00:00.000Z']);
  });
});

describe('against a clock that is watched minute by minute', () => {
  const ZONES = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kolkata',
    'UTC',
    'Africa/Casablanca',
    'America/St_Johns',
  ];
  /** Days around which clocks change somewhere, and some on which they do not. */
  const DAYS = [
    ...[2019, 2024, 2025, 2026, 2027, 2037].flatMap((year) => [
      ...[Date.UTC(year, 2, 8), Date.UTC(year, 2, 25), Date.UTC(year, 3, 1), Date.UTC(year, 8, 24)],
      ...[Date.UTC(year, 9, 1), Date.UTC(year, 9, 25), Date.UTC(year, 10, 1), Date.UTC(year, 1, 27), Date.UTC(year, 11, 30)],
    ]),
    ...[Date.UTC(2011, 11, 28), Date.UTC(2011, 3, 1), Date.UTC(2020, 4, 23), Date.UTC(2026, 1, 14), Date.UTC(2026, 2, 21)],
  ];
  const SPAN_DAYS = 5;

  interface Field {
    readonly text: string;
    readonly matches: (value: number) => boolean;
  }
  const any: Field = { text: '*', matches: () => true };
  const field = (low: number, high: number): fc.Arbitrary<Field> =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(any) },
      fc.integer({ min: low, max: high }).map((only) => ({ text: `${only}`, matches: (value: number) => value === only })),
      fc
        .integer({ min: 2, max: high })
        .map((step) => ({ text: `*/${step}`, matches: (value: number) => (value - low) % step === 0 })),
      fc
        .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
        .map(([a, b]) => ({ text: `${a}-${b}`, matches: (value: number) => value >= a && value <= b })),
      fc
        .uniqueArray(fc.integer({ min: low, max: high }), { minLength: 2, maxLength: 4 })
        .map((list) => ({ text: list.join(','), matches: (value: number) => list.includes(value) })),
    );
  const anyCron = fc.record({
    minute: field(0, 59),
    hour: fc.oneof({ weight: 2, arbitrary: field(0, 3) }, field(0, 23)),
    day: field(1, 28),
    month: fc.constant(any),
    weekday: field(0, 6),
  });
  type AnyCron = typeof anyCron extends fc.Arbitrary<infer Value> ? Value : never;

  const matches = ({ minute, hour, day, weekday }: AnyCron, local: number): boolean => {
    const at = new Date(local);
    const onDay = day.matches(at.getUTCDate());
    const onWeekday = weekday.matches(at.getUTCDay());
    // Where both days are given, either will do.
    const dayFits = day !== any && weekday !== any ? onDay || onWeekday : onDay && onWeekday;
    return minute.matches(at.getUTCMinutes()) && hour.matches(at.getUTCHours()) && dayFits;
  };

  /** What is on the wall, by another way than the code's. */
  const clock = (zone: string): ((instant: number) => number) => {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    return (instant) => {
      const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = format.format(instant).split(/\D+/).map(Number);
      return Date.UTC(year, month - 1, day, hour, minute);
    };
  };

  function watch(spec: AnyCron, zone: string, dst: Times['dst'], from: number, until: number): readonly number[] {
    const wall = clock(zone);
    const fired: number[] = [];
    const seen = new Set<number>();
    let before = wall(from - 2 * DAY);
    for (let instant = from - 2 * DAY + MINUTE; instant <= until; instant += MINUTE) {
      const local = wall(instant);
      let fires = matches(spec, local) && (dst.repeat === 'both' || !seen.has(local));
      for (let missing = before + MINUTE; missing < local && dst.gap === 'shift'; missing += MINUTE)
        fires ||= matches(spec, missing);
      seen.add(local);
      before = local;
      if (fires && instant >= from) fired.push(instant);
    }
    return fired;
  }

  test('the same instants, in every zone, for every policy', () => {
    fc.assert(
      fc.property(
        anyCron,
        fc.constantFrom(...ZONES),
        fc.constantFrom(...DAYS),
        fc.record({ gap: fc.constantFrom('skip', 'shift'), repeat: fc.constantFrom('first', 'both') }),
        fc.integer({ min: 0, max: 24 * 60 - 1 }),
        (spec, zone, day, dst, offset) => {
          const { minute, hour, day: dom, month, weekday } = spec;
          const times = cron([minute, hour, dom, month, weekday].map(({ text }) => text).join(' '), zone, { dst });
          const from = day + offset * MINUTE;
          const until = from + SPAN_DAYS * DAY;
          const expected = watch(spec, zone, dst, from, until);
          expect(texts(listInstants(timetableOf(times), from - 1, until, Number.POSITIVE_INFINITY))).toEqual(texts(expected));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('and from whatever moment one asks, the first of them that is later', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('30 2 * * *', '*/30 1-3 * * *', '15 1,2 * * 0', '0 9 * * *', '*/7 * * * *'),
        fc.constantFrom(...ZONES),
        fc.constantFrom(...DAYS),
        fc.record({ gap: fc.constantFrom('skip', 'shift'), repeat: fc.constantFrom('first', 'both') }),
        fc.integer({ min: 0, max: 4 * DAY }),
        (expression, zone, day, dst, offset) => {
          const timetable = timetableOf(cron(expression, zone, { dst }));
          const all = listInstants(timetable, day - 1, day + 12 * DAY, Number.POSITIVE_INFINITY);
          const asked = day + offset;
          expect(timetable.next(asked)).toBe(all.find((instant) => instant > asked) ?? timetable.next(all.at(-1) ?? asked));
        },
      ),
    );
  });
});

describe('every so often', () => {
  const every = (everyMs: number, more: Partial<Times> = {}): Times => ({
    ...cron('', 'UTC', more),
    timing: { kind: 'every', everyMs },
  });

  test('is counted from the beginning of time, so that all agree', () => {
    expect(between(every(90 * MINUTE), '2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z')).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T01:30:00.000Z',
      '2026-01-01T03:00:00.000Z',
    ]);
  });

  test('or from `start`, which is the first instant; `end` is the last', () => {
    const times = every(HOUR, { startAt: Date.parse('2026-01-01T00:10:30Z'), endAt: Date.parse('2026-01-01T02:10:30Z') });
    expect(between(times, '2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
      '2026-01-01T00:10:30.000Z',
      '2026-01-01T01:10:30.000Z',
      '2026-01-01T02:10:30.000Z',
    ]);
  });
});

describe('at certain times', () => {
  test('each of them once, in their order', () => {
    const instants = ['2026-05-01T00:00:00Z', '2026-01-01T00:00:00Z'].map((text) => Date.parse(text));
    const times: Times = { ...cron('', 'UTC'), timing: { kind: 'at', instants } };
    expect(between(times, '2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-05-01T00:00:00.000Z',
    ]);
  });
});

test('bounds hold for expressions too', () => {
  const times = cron('0 0 * * *', 'UTC', {
    startAt: Date.parse('2026-01-02T00:00:00Z'),
    endAt: Date.parse('2026-01-03T12:00:00Z'),
  });
  expect(between(times, '2020-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
    '2026-01-02T00:00:00.000Z',
    '2026-01-03T00:00:00.000Z',
  ]);
});

test('seconds are the first of six fields', () => {
  expect(between(cron('*/20 59 23 * * *', 'Asia/Kolkata'), '2026-01-01T00:00:00Z', '2026-01-01T23:00:00Z')).toEqual([
    '2026-01-01T18:29:00.000Z',
    '2026-01-01T18:29:20.000Z',
    '2026-01-01T18:29:40.000Z',
  ]);
});

test('a leap day is waited for, and the calendar ends somewhere', () => {
  expect(timetableOf(cron('0 0 29 2 *', 'Europe/Berlin')).next(Date.UTC(2096, 2, 1))).toBe(Date.UTC(2104, 1, 28, 23));
  expect(timetableOf(cron('0 0 1 1 *', 'UTC')).next(Date.UTC(9999, 0, 2))).toBeNull();
});

test('what was never accepted never fires', () => {
  expect(timetableOf(cron('nonsense', 'UTC')).next(0)).toBeNull();
  expect(timetableOf(cron('* * * * *', 'Mars/Phobos')).next(0)).toBeNull();
});

test('the instant before another is looked for however far back it lies, and may be none', () => {
  const yearly = timetableOf(cron('0 0 1 1 *', 'UTC', { startAt: Date.UTC(2020, 0, 1) }));
  expect(previousInstant(yearly, Date.UTC(2026, 0, 1))).toBe(Date.UTC(2025, 0, 1));
  expect(previousInstant(yearly, Date.UTC(2020, 0, 1))).toBeNull();
});

test('a zone remembers only so much of its changes, and finds them again', () => {
  const parsed = parseZone('Europe/Berlin');
  if (parsed.kind === 'bad') throw new Error(parsed.message);
  const at = Date.UTC(2026, 2, 29, 1);
  const next = () => parsed.zone.nextChange(Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1));
  expect(next()).toEqual({ at, before: HOUR, after: 2 * HOUR });
  const fixed = parseZone('Asia/Kolkata');
  expect(fixed.kind === 'ok' && fixed.zone.nextChange(Date.UTC(2000, 0, 1), Date.UTC(2050, 0, 1))).toBeNull();
  expect(next()?.at).toBe(at);
});
