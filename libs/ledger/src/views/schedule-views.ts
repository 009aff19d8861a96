import type { JsonText, VersionId } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { EventOutcome } from '../runs/start-store.js';

/** A schedule as it stands. Instants are epoch milliseconds. */
export interface ShownSchedule {
  readonly workflow: string;
  readonly id: string;
  readonly version: VersionId;
  readonly trigger: number;
  readonly nextInstant: number | null;
  readonly dueAt: number | null;
  readonly previous: number | null;
  readonly pending: readonly number[];
  readonly openRuns: number;
  readonly missed: number;
  readonly missedAt: number | null;
  readonly skipped: number;
  readonly pausedAt: number | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly semver: string | null;
  readonly number: number;
  /** The database's clock. */
  readonly now: number;
}

export interface ScheduleFilter {
  readonly limit: number;
  readonly workflow: string | null;
  readonly id: string | null;
  readonly behind: { readonly workflow: string; readonly id: string } | null;
}

/** What an instant did. */
export interface ShownFiring {
  readonly source: string;
  readonly id: string;
  readonly outcome: EventOutcome;
  readonly results: JsonText;
  readonly receivedAt: number;
}

export interface ShownBackfill {
  readonly id: string;
  readonly workflow: string;
  readonly schedule: string;
  readonly from: number;
  readonly to: number;
  readonly parallel: number;
  readonly everyMs: number;
  readonly rerun: boolean;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly total: number;
  readonly nextInstant: number | null;
  readonly started: number;
  readonly existing: number;
  readonly unmatched: number;
  readonly rejected: number;
  readonly openRuns: number;
  readonly askedBy: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export interface BackfillFilter {
  /** Only the one with this id. */
  readonly id: string | null;
  readonly limit: number;
  /** Only those that were asked for before this one. */
  readonly below: string | null;
}

/** Schedules and backfills, as people look at them. */
export class ScheduleViews {
  constructor(private readonly session: Session) {}

  /** In the order of their names. */
  async schedules({ limit, workflow, id, behind }: ScheduleFilter): Promise<readonly ShownSchedule[]> {
    const values = [limit, workflow, id, behind?.workflow ?? null, behind?.id ?? null];
    return this.session.run<ShownSchedule & Row>(statement('list-schedules'), values);
  }

  /** Newest first, `each` of every source. */
  async firings(sources: readonly string[], each: number): Promise<readonly ShownFiring[]> {
    return this.session.run<ShownFiring & Row>(statement('recent-firings'), [sources, each]);
  }

  /** Newest first. */
  async backfills(workflow: string, schedule: string, { id, limit, below }: BackfillFilter): Promise<readonly ShownBackfill[]> {
    return this.session.run<ShownBackfill & Row>(statement('list-backfills'), [workflow, schedule, id, limit, below]);
  }
}
