import type { Timed } from '../workflow/trigger.js';
import { jitterOf } from './jitter.js';
import { listInstants, newestInstants } from './list-instants.js';
import { timetableOf } from './timetable.js';

/** With `catchUp: none`: an instant this late was not missed, it is on its way. */
export const ON_TIME_MS = 10_000;
/** With `catchUp: all`. */
const MOST_CAUGHT_UP = 1_000;
/** Of one look: a thousand runs are not started in one transaction. */
const MOST_AT_ONCE = 100;

/** Instants that have come, as `catchUp` sees them. */
export interface ChosenInstants {
  /** Rising. */
  readonly chosen: readonly number[];
  /** Passed, and not made up for. */
  readonly missed: number;
  /** The first one not dealt with. */
  readonly nextInstant: number | null;
}

/** When an instant is to fire. */
export const firingTime = (name: string, { jitterMs }: Pick<Timed, 'jitterMs'>, instant: number): number =>
  instant + jitterOf(name, instant, jitterMs);

/** Which of the instants from `nextInstant` on fire now. They fire in their order: an instant never overtakes one with more jitter. */
export function chooseInstants(name: string, trigger: Timed, nextInstant: number | null, now: number): ChosenInstants {
  if (nextInstant === null || firingTime(name, trigger, nextInstant) > now) return { chosen: [], missed: 0, nextInstant };
  const { catchUp } = trigger;
  const timetable = timetableOf(trigger);
  const limit = catchUp === 'all' ? MOST_CAUGHT_UP : 1;
  const certain = newestInstants(timetable, nextInstant - 1, now - trigger.jitterMs, limit);
  const perhaps = listInstants(timetable, Math.max(nextInstant - 1, now - trigger.jitterMs), now, Number.POSITIVE_INFINITY);
  const early = perhaps.findIndex((instant) => firingTime(name, trigger, instant) > now);
  const due = [...certain.instants, ...(early < 0 ? perhaps : perhaps.slice(0, early))];
  const last = due.at(-1) ?? nextInstant;
  const tooLate = catchUp === 'none' && now - firingTime(name, trigger, last) > ON_TIME_MS;
  const kept = tooLate ? [] : due.slice(-limit);
  return {
    chosen: kept.slice(0, MOST_AT_ONCE),
    missed: certain.older + due.length - kept.length,
    nextInstant: kept[MOST_AT_ONCE] ?? timetable.next(last),
  };
}
