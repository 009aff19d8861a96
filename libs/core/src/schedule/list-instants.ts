import type { Timetable } from './timetable.js';

/** Those after `after` and not after `until`, at most `limit`, rising. */
export function listInstants(timetable: Timetable, after: number, until: number, limit: number): readonly number[] {
  const instants: number[] = [];
  let next = timetable.next(after);
  while (next !== null && next <= until && instants.length < limit) {
    instants.push(next);
    next = timetable.next(next);
  }
  return instants;
}

/** What was due while nobody was there. */
export interface Newest {
  /** At most `limit`, rising. */
  readonly instants: readonly number[];
  /** How many lie before them; counting ends at 10,000. */
  readonly older: number;
}

const MOST_COUNTED = 10_000;
const FIRST_WINDOW_MS = 60_000;
const WIDER = 8;

/** The last `limit` instants after `after` and not after `until`. */
export function newestInstants(timetable: Timetable, after: number, until: number, limit: number): Newest {
  const { found, from } = lookBack(timetable, after, until, limit);
  const instants = found.slice(-limit);
  const older = found.length - instants.length;
  const earlier = from > after ? listInstants(timetable, after, from, MOST_COUNTED - older).length : 0;
  return { instants, older: older + earlier };
}

/** The one before `instant`, since 1970. */
export function previousInstant(timetable: Timetable, instant: number): number | null {
  return lookBack(timetable, 0, instant - 1, 1).found.at(-1) ?? null;
}

/** All instants after `from`, which is as far back as `least` of them ask for: years of seconds are never walked through. */
function lookBack(timetable: Timetable, after: number, until: number, least: number) {
  for (let window = FIRST_WINDOW_MS; ; window *= WIDER) {
    const from = Math.max(after, until - window);
    const found = listInstants(timetable, from, until, Number.POSITIVE_INFINITY);
    if (found.length >= least || from === after) return { found, from };
  }
}
