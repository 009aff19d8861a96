import type { JsonText, RunId, VersionId } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** Instants are epoch milliseconds. */
export interface NewBackfill {
  readonly id: string;
  readonly workflow: string;
  readonly schedule: string;
  readonly version: VersionId;
  readonly trigger: number;
  readonly from: number;
  /** The last instant that may be made up for. */
  readonly to: number;
  readonly parallel: number;
  /** Between starts; 0: as fast as it goes. */
  readonly everyMs: number;
  /** Instants that have a run already get another one. */
  readonly rerun: boolean;
  readonly total: number;
  readonly nextInstant: number | null;
  readonly askedBy: string | null;
}

/** A backfill under lock. */
export interface LockedBackfill {
  readonly id: string;
  readonly workflow: string;
  readonly schedule: string;
  readonly version: VersionId;
  readonly trigger: number;
  readonly to: number;
  readonly parallel: number;
  readonly everyMs: number;
  readonly rerun: boolean;
  readonly nextInstant: number | null;
  readonly nextStartAt: number;
  readonly openRuns: readonly RunId[];
  readonly askedBy: string | null;
  /** The database's clock. */
  readonly now: number;
}

export interface BackfillWrite {
  readonly id: string;
  readonly nextInstant: number | null;
  readonly nextStartAt: number;
  readonly openRuns: readonly RunId[];
  /** To be added. */
  readonly started: number;
  readonly existing: number;
  readonly unmatched: number;
  readonly rejected: number;
  readonly done: boolean;
}

/** Runs for instants that have passed. */
export class BackfillStore {
  constructor(private readonly session: Session) {}

  async insert(backfill: NewBackfill): Promise<void> {
    const { id, workflow, schedule, version, trigger, from, to, parallel, everyMs, rerun, total, nextInstant, askedBy } =
      backfill;
    await this.session.write(statement('insert-backfill'), [
      ...[id, workflow, schedule, version, trigger, from, to, parallel, everyMs, rerun, total, nextInstant, askedBy],
    ]);
  }

  /** Those with something to do, oldest first. */
  async running(limit: number): Promise<readonly string[]> {
    const rows = await this.session.run<{ id: string }>(statement('running-backfills'), [limit]);
    return rows.map(({ id }) => id);
  }

  /** null: it has ended, or another trigger has it. No other backfill of its schedule is at work until the transaction ends. */
  async lock(id: string): Promise<LockedBackfill | null> {
    const [row] = await this.session.run<LockedBackfill & Row>(statement('lock-backfill'), [id]);
    if (row === undefined) return null;
    await this.session.write(statement('lock-schedule-backfills'), [`reprise.backfill.${row.workflow}/${row.schedule}`]);
    return row;
  }

  /** What events of these instants did, of firings and of earlier backfills: an instant may be there several times. */
  async firings(
    source: string,
    instants: readonly string[],
  ): Promise<readonly { readonly instant: string; readonly results: JsonText }[]> {
    if (instants.length === 0) return [];
    return this.session.run<{ instant: string; results: JsonText }>(statement('find-firings'), [source, instants]);
  }

  async write(write: BackfillWrite): Promise<void> {
    const { id, nextInstant, nextStartAt, openRuns, started, existing, unmatched, rejected, done } = write;
    const runs = `{${openRuns.join(',')}}`;
    await this.session.write(statement('write-backfill'), [
      ...[id, nextInstant, nextStartAt, runs, started, existing, unmatched, rejected, done],
    ]);
  }

  /** false: it has ended. */
  async cancel(id: string): Promise<boolean> {
    return (await this.session.run(statement('cancel-backfill'), [id])).length > 0;
  }
}
