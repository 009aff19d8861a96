import type { Timed } from '../workflow/trigger.js';
import { applyOverlap, type SkippedInstant } from './apply-overlap.js';
import { chooseInstants, firingTime } from './choose-instants.js';
import { timetableOf } from './timetable.js';

/** What the ledger holds of a schedule. Instants are epoch milliseconds of the database's clock. */
export interface ScheduleState {
  /** The first instant that nobody has dealt with; null: there is none any more. */
  readonly nextInstant: number | null;
  /** The last instant for which a run was asked. */
  readonly previous: number | null;
  /** Instants that wait for runs of earlier ones to end, rising. */
  readonly pending: readonly number[];
}

/** What becomes of a schedule that has been looked at. */
export interface Firing {
  readonly fire: readonly FiredInstant[];
  readonly skip: readonly SkippedInstant[];
  /** How many instants passed while nobody was there, and are not made up for. */
  readonly missed: number;
  /** Open runs are in the way of one that was asked for. */
  readonly cancelOpen: boolean;
  readonly state: ScheduleState;
  /** When `state.nextInstant` is to fire. */
  readonly dueAt: number | null;
}

export interface FiredInstant {
  readonly instant: number;
  /** The one before it for which a run was asked. */
  readonly previous: number | null;
  /** When it was to fire. */
  readonly dueAt: number;
}

/** A schedule that begins at `now`: what lies before is not its own. */
export function armSchedule(
  name: string,
  trigger: Timed,
  now: number,
): { readonly nextInstant: number | null; readonly dueAt: number | null } {
  const nextInstant = timetableOf(trigger).next(now);
  return { nextInstant, dueAt: dueAtOf(name, trigger, nextInstant) };
}

/**
 * What is due of a schedule? Pure: the same state and moment give the same answer. `name` is `WORKFLOW/ID`; `open` says whether a run of
 * an earlier instant has not ended.
 */
export function decideFiring(name: string, trigger: Timed, state: ScheduleState, open: boolean, now: number): Firing {
  const { chosen, missed, nextInstant } = chooseInstants(name, trigger, state.nextInstant, now);
  const { fire, skip, pending, cancelOpen } = applyOverlap(trigger.overlap, state.pending, chosen, open);
  const fired = fire.map(
    (instant, index): FiredInstant => ({
      instant,
      previous: fire[index - 1] ?? state.previous,
      dueAt: firingTime(name, trigger, instant),
    }),
  );
  return {
    fire: fired,
    skip,
    missed,
    cancelOpen,
    state: { nextInstant, previous: fire.at(-1) ?? state.previous, pending },
    dueAt: dueAtOf(name, trigger, nextInstant),
  };
}

const dueAtOf = (name: string, trigger: Timed, instant: number | null): number | null =>
  instant === null ? null : firingTime(name, trigger, instant);
