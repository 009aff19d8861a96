import { parseZone, type Zone } from '../calendar/zone.js';
import type { Timed } from '../workflow/trigger.js';
import { type LocalTimes, parseCron } from './cron.js';

/** The instants of a schedule, epoch milliseconds, rising. */
export interface Timetable {
  /** The first one after `instant`. */
  next(instant: number): number | null;
}

export type Times = Pick<Timed, 'timing' | 'timezone' | 'startAt' | 'endAt' | 'dst'>;

/** Made once for each compiled trigger: reading an expression costs more than using it. */
const made = new WeakMap<Times, Timetable>();

/** Of an accepted schedule: an expression or a zone that cannot be read has no instants. `start` and `end` are instants that may still fire. */
export function timetableOf(times: Times): Timetable {
  const timetable = made.get(times) ?? boundedTimetable(times);
  made.set(times, timetable);
  return timetable;
}

function boundedTimetable(times: Times): Timetable {
  const { startAt, endAt } = times;
  const unbounded = unboundedTimetable(times);
  return {
    next: (instant) => {
      const found = unbounded.next(startAt === null ? instant : Math.max(instant, startAt - 1));
      return found === null || (endAt !== null && found > endAt) ? null : found;
    },
  };
}

function unboundedTimetable({ timing, timezone, startAt, dst }: Times): Timetable {
  switch (timing.kind) {
    case 'every':
      return everyTimetable(timing.everyMs, startAt ?? 0);
    case 'at': {
      const instants = timing.instants.toSorted((a, b) => a - b);
      return { next: (instant) => instants.find((each) => each > instant) ?? null };
    }
    case 'cron': {
      const cron = parseCron(timing.expression);
      const zone = parseZone(timezone);
      return cron.kind === 'ok' && zone.kind === 'ok' ? new CronTimetable(cron.times, zone.zone, dst) : NEVER;
    }
  }
}

const NEVER: Timetable = { next: () => null };

/** Counted from an instant that every process knows, so that all agree. */
const everyTimetable = (everyMs: number, anchor: number): Timetable => ({
  next: (instant) => anchor + (Math.floor((instant - anchor) / everyMs) + 1) * everyMs,
});

/** No clock has ever been put back by more. */
const FURTHEST_BACK_MS = 25 * 3_600_000;

/**
 * Local times as instants of a zone, stretch by stretch between two changes of its clocks. Times that a change leaves out
 * fire at the change (`shift`) or not at all (`skip`); those that occur twice fire at the first, or at both.
 */
class CronTimetable implements Timetable {
  constructor(
    private readonly times: LocalTimes,
    private readonly zone: Zone,
    private readonly dst: Timed['dst'],
  ) {}

  next(instant: number): number | null {
    let position = instant;
    let offset = this.zone.offsetAt(instant);
    let later = this.notSeenBefore(instant, instant + offset);
    for (;;) {
      const local = this.times.next(later);
      if (local === null) return null;
      const change = this.zone.nextChange(position, local - offset);
      if (change === null) return local - offset;
      const { at, before, after } = change;
      if (local < at + after && this.dst.gap === 'shift') return at;
      later = (this.dst.repeat === 'first' ? at + Math.max(before, after) : at + after) - 1;
      position = at;
      offset = after;
    }
  }

  /** Clocks that were put back show times again that have fired already. */
  private notSeenBefore(instant: number, local: number): number {
    if (this.dst.repeat === 'both') return local;
    let later = local;
    let change = this.zone.nextChange(instant - FURTHEST_BACK_MS, instant);
    while (change !== null) {
      later = Math.max(later, change.at + change.before - 1);
      change = this.zone.nextChange(change.at, instant);
    }
    return later;
  }
}
