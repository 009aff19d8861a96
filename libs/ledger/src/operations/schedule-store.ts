import type { RunId, ScheduleState, VersionId } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { NewCommand } from './command-store.js';

/** A schedule under lock. Instants are epoch milliseconds. */
export interface LockedSchedule {
  readonly workflow: string;
  readonly id: string;
  readonly version: VersionId;
  /** Its number in the version's `on`. */
  readonly trigger: number;
  readonly state: ScheduleState;
  /** When `state.nextInstant` is to fire. */
  readonly dueAt: number | null;
  /** Its runs that had not ended when it was last looked at. */
  readonly openRuns: readonly RunId[];
  readonly pausedAt: number | null;
  /** The database's clock. */
  readonly now: number;
}

export interface ScheduleWrite {
  readonly workflow: string;
  readonly id: string;
  readonly state: ScheduleState;
  readonly dueAt: number | null;
  readonly openRuns: readonly RunId[];
  /** To be added. */
  readonly missed: number;
  readonly skipped: number;
}

interface OpenRun {
  readonly id: RunId;
  readonly version: VersionId;
}

/** When to look at schedules again. */
export interface NextFiring {
  readonly now: number;
  readonly dueAt: number | null;
  /** An instant that waited for a run to end may begin. */
  readonly isReady: boolean;
  /** Instants wait for runs to end. */
  readonly hasPending: boolean;
  readonly hasBackfills: boolean;
}

type ScheduleRow = {
  workflow: string;
  id: string;
  version: VersionId;
  trigger: number;
  next_instant: number | null;
  due_at: number | null;
  previous: number | null;
  pending: number[];
  open_runs: RunId[];
  paused_at: number | null;
  now: number;
};

/** The schedules of current versions: which of them are due, and what became of them. */
export class ScheduleStore {
  constructor(private readonly session: Session) {}

  /** Those with something to do, locked; the ones that another trigger has locked are left to it. */
  async takeDue(limit: number): Promise<readonly LockedSchedule[]> {
    return (await this.session.run<ScheduleRow>(statement('take-due-schedules'), [limit])).map(lockedSchedule);
  }

  async lock(workflow: string, id: string): Promise<LockedSchedule | null> {
    const [row] = await this.session.run<ScheduleRow>(statement('lock-schedule'), [workflow, id]);
    return row === undefined ? null : lockedSchedule(row);
  }

  async openRuns(runs: readonly RunId[]): Promise<readonly OpenRun[]> {
    return runs.length === 0 ? [] : this.session.run<OpenRun & Row>(statement('open-runs'), [runs]);
  }

  async write(writes: readonly ScheduleWrite[]): Promise<void> {
    if (writes.length === 0) return;
    await this.session.write(statement('write-schedules'), [
      writes.map((write) => write.workflow),
      writes.map((write) => write.id),
      writes.map((write) => write.state.nextInstant),
      writes.map((write) => write.dueAt),
      writes.map((write) => write.state.previous),
      writes.map((write) => `{${write.state.pending.join(',')}}`),
      writes.map((write) => `{${write.openRuns.join(',')}}`),
      writes.map((write) => write.missed),
      writes.map((write) => write.skipped),
    ]);
  }

  /** Asks something of a run, in the transaction that has a reason to. */
  async command({ id, run, kind, payload, askedBy }: NewCommand): Promise<void> {
    await this.session.write(statement('insert-command'), [id, run, kind, JSON.stringify(payload), askedBy]);
  }

  async nextFiring(): Promise<NextFiring> {
    type NextRow = { now: number; due_at: number | null; is_ready: boolean; has_pending: boolean; has_backfills: boolean };
    const [row] = await this.session.run<NextRow>(statement('next-firing'), []);
    if (row === undefined) throw new Error('a select without a from gave no row');
    const { now, due_at: dueAt, is_ready: isReady, has_pending: hasPending, has_backfills: hasBackfills } = row;
    return { now, dueAt, isReady, hasPending, hasBackfills };
  }

  /** false: it is paused already. */
  async pause(workflow: string, id: string, by: string | null, reason: string | null): Promise<boolean> {
    return (await this.session.run(statement('pause-schedule'), [workflow, id, by, reason])).length > 0;
  }

  async resume(workflow: string, id: string, nextInstant: number | null, dueAt: number | null): Promise<void> {
    await this.session.write(statement('resume-schedule'), [workflow, id, nextInstant, dueAt]);
  }
}

const lockedSchedule = (row: ScheduleRow): LockedSchedule => ({
  workflow: row.workflow,
  id: row.id,
  version: row.version,
  trigger: row.trigger,
  state: { nextInstant: row.next_instant, previous: row.previous, pending: row.pending },
  dueAt: row.due_at,
  openRuns: row.open_runs,
  pausedAt: row.paused_at,
  now: row.now,
});
