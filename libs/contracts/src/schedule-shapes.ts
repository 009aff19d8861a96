import type { EventView, Instant } from './http-shapes.js';

/** A schedule or a poll of a workflow that may start. */
export interface ScheduleView {
  /** `WORKFLOW/ID` */
  readonly id: string;
  readonly workflow: string;
  /** Its id within the workflow. */
  readonly schedule: string;
  readonly kind: 'schedule' | 'poll';
  /** What a poll calls; null: it is a schedule. */
  readonly call: string | null;
  readonly version: string | null;
  readonly versionNumber: number;
  /** Exactly one of the three. */
  readonly cron: string | null;
  readonly every: string | null;
  readonly at: readonly Instant[] | null;
  readonly timezone: string;
  readonly jitter: string | null;
  readonly start: Instant | null;
  readonly end: Instant | null;
  readonly catchUp: 'none' | 'last' | 'all';
  readonly overlap: 'skip' | 'queue' | 'allow' | 'cancelRunning';
  readonly dst: { readonly gap: 'skip' | 'shift'; readonly repeat: 'first' | 'both' };
  /** null: it never fires again. */
  readonly next: Instant | null;
  /** As the clocks of its zone show it. */
  readonly nextLocal: string | null;
  /** The last instant for which a run was asked. */
  readonly previous: Instant | null;
  readonly paused: { readonly at: Instant; readonly by: string | null; readonly reason: string | null } | null;
  /** Instants that wait for runs of earlier ones to end. */
  readonly waiting: readonly Instant[];
  readonly openRuns: number;
  /** Instants that passed while nobody was there, in all, and when that was last seen. */
  readonly missed: number;
  readonly missedAt: Instant | null;
  /** Instants that `overlap` gave no run, in all. */
  readonly skipped: number;
  /** What the last instants did, newest first; of a poll, what came of its probes. */
  readonly last: readonly FiringView[];
}

/** What an instant of a schedule did. */
export interface FiringView {
  readonly instant: Instant;
  readonly outcome: Exclude<EventView['outcome'], 'duplicate'>;
  readonly run: string | null;
  /** The run that made the call of a poll; null: of a schedule. */
  readonly probe: string | null;
  /** Why there is no run. */
  readonly reason: string | null;
  readonly at: Instant;
}

/** An instant at which a schedule fires. */
export interface ScheduleInstant {
  /** RFC 3339 in UTC; `schedule.time` of the run. */
  readonly time: string;
  /** As the clocks of its zone show it. */
  readonly local: string;
  /** `time` and its jitter. */
  readonly firesAt: Instant;
}

/** Runs asked for instants that have passed. */
export interface BackfillView {
  readonly id: string;
  /** `WORKFLOW/ID` */
  readonly schedule: string;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly from: Instant;
  readonly to: Instant;
  /** How many of its runs may be open at a time. */
  readonly parallel: number;
  /** Time between two starts; null: as fast as it goes. */
  readonly interval: string | null;
  /** Instants that have a run already get another one. */
  readonly rerun: boolean;
  /** Instants in all; of them got a run now, had one, were refused by `if`, broke the input's schema; and are still to come. */
  readonly total: number;
  readonly started: number;
  readonly existing: number;
  readonly unmatched: number;
  readonly rejected: number;
  readonly left: number;
  readonly openRuns: number;
  readonly next: Instant | null;
  readonly askedBy: string | null;
  readonly createdAt: Instant;
  readonly endedAt: Instant | null;
}
