import type { BatchAction, BatchView } from '@reprise/contracts';
import type { RunId, RunStatus, VersionId } from '@reprise/core';
import { instantOf } from '../connection/row-values.js';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { firstUuidAt } from '../schema/partitions.js';
import { readRunCursor, runCursor } from '../views/run-views-cursor.js';
import { CLOCK_SLACK_MS, filterValues, type RunFilter } from '../views/run-views-filter.js';
import { type Paged, type PageRequest, page } from '../views/run-views-page.js';
import type { NewCommand } from './command-store.js';

export interface NewBatch {
  readonly id: string;
  readonly action: BatchAction;
  readonly filter: RunFilter;
  readonly rate: number;
  readonly reason: string | null;
  readonly askedBy: string | null;
}

export type Counts = Readonly<Record<string, number>>;

/** A batch under lock. */
export interface LockedBatch extends NewBatch {
  readonly done: number;
  readonly skipped: Counts;
  readonly failed: Counts;
  /** The ids that are still to come are below this one. */
  readonly below: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface BatchStep extends Pick<LockedBatch, 'id' | 'done' | 'skipped' | 'failed' | 'below'> {
  readonly pauseMs: number;
  readonly last: boolean;
}

/** A run that a batch has come to. */
export interface BatchRun {
  readonly id: RunId;
  readonly version: VersionId;
  readonly status: RunStatus;
  /** What it had done is undone, or being undone. */
  readonly compensated: boolean;
  /** It has no parent, or the task of it that waits for this run still does. */
  readonly awaited: boolean;
}

type ViewRow = Omit<BatchView, 'filter' | 'skipped' | 'failed' | 'left' | 'createdAt' | 'endedAt'> & {
  readonly filter: RunFilter;
  readonly skipped: Counts;
  readonly failed: Counts;
  readonly createdAt: number;
  readonly endedAt: number | null;
} & Row;

/** Ids below and from, workflow, status, only open ones, labels, created from and before. */
const SHARED_VALUES = 8;
/** How many runs are counted at most. */
const MOST_COUNTED = 1_000_000;

/** What is asked of many runs at once. */
export class BatchStore {
  constructor(private readonly session: Session) {}

  async count(filter: RunFilter): Promise<number> {
    const [row] = await this.session.run<{ count: number }>(statement('count-batch-runs'), [
      MOST_COUNTED,
      ...runValues(filter, null, null),
    ]);
    return row?.count ?? 0;
  }

  /** About the runs that are there now; returns how many those are. */
  async insert({ id, action, filter, rate, reason, askedBy }: NewBatch): Promise<number> {
    const [clock] = await this.session.run<{ now: number }>(statement('database-now'), []);
    if (clock === undefined) throw new Error('a select without a from gave no row');
    const { now } = clock;
    const matched = await this.count(upTo(filter, now));
    const below = firstUuidAt(Math.ceil(now) + CLOCK_SLACK_MS);
    const stored = JSON.stringify(filter);
    await this.session.write(statement('insert-batch'), [id, action, stored, rate, matched, below, reason, askedBy, now]);
    return matched;
  }

  /** One with a step to take; null: there is none, or others are at work on all of them. */
  async take(actions: readonly BatchAction[]): Promise<LockedBatch | null> {
    const [row] = await this.session.run<LockedBatch & Row>(statement('take-batch'), [actions]);
    return row ?? null;
  }

  /** Its next runs. */
  async runs({ filter, below, createdAt }: LockedBatch, limit: number): Promise<readonly BatchRun[]> {
    const values = runValues(upTo(filter, createdAt), below, limit);
    return this.session.run<BatchRun & Row>(statement('list-batch-runs'), values);
  }

  async write({ id, done, skipped, failed, below, pauseMs, last }: BatchStep): Promise<void> {
    const counts = [JSON.stringify(skipped), JSON.stringify(failed)];
    await this.session.write(statement('write-batch'), [id, done, ...counts, below, pauseMs, last]);
  }

  /** The same of each run; `ids` and `runs` go together. */
  async command(
    ids: readonly string[],
    runs: readonly RunId[],
    { kind, payload, askedBy }: Pick<NewCommand, 'kind' | 'payload' | 'askedBy'>,
  ): Promise<void> {
    if (runs.length === 0) return;
    await this.session.write(statement('insert-commands'), [ids, runs, kind, JSON.stringify(payload), askedBy]);
  }

  /** false: it has ended. */
  async cancel(id: string): Promise<boolean> {
    return (await this.session.run(statement('cancel-batch'), [id])).length > 0;
  }

  async find(id: string): Promise<BatchView | null> {
    const [row] = await this.session.run<ViewRow>(statement('list-batches'), [1, null, id]);
    return row === undefined ? null : viewOf(row);
  }

  /** Newest first. */
  async list({ cursor, limit }: PageRequest): Promise<Paged<BatchView>> {
    const after = cursor === null ? null : readRunCursor(cursor);
    if (cursor !== null && after === null) return { kind: 'bad-cursor' };
    const rows = await this.session.run<ViewRow>(statement('list-batches'), [limit + 1, after, null]);
    return page(rows, limit, viewOf, (row) => runCursor(row.id));
  }
}

/** Those that were created later are not its own. */
const upTo = (filter: RunFilter, now: number): RunFilter => ({ ...filter, untilMs: Math.min(filter.untilMs ?? now, now) });

function runValues(filter: RunFilter, below: string | null, limit: number | null): unknown[] {
  // Those of them that both statements have, in their order.
  const values = filterValues(filter, { below, from: null }, null).slice(0, SHARED_VALUES);
  return [...(limit === null ? [] : [limit]), ...values, filter.q];
}

function viewOf({ filter, skipped, failed, createdAt, endedAt, ...row }: ViewRow): BatchView {
  const { status, workflow, labels, sinceMs, untilMs, q } = filter;
  const passed = row.done + total(skipped) + total(failed);
  return {
    ...row,
    filter: { status, workflow, label: labels, since: instantOf(sinceMs), until: instantOf(untilMs), q },
    skipped: { count: total(skipped), reasons: skipped },
    failed: { count: total(failed), reasons: failed },
    left: row.state === 'running' ? Math.max(0, row.matched - passed) : 0,
    createdAt: instantOf(createdAt),
    endedAt: instantOf(endedAt),
  };
}

/** With these reasons added. */
export function counted(counts: Counts, reasons: readonly string[]): Counts {
  const next: Record<string, number> = { ...counts };
  for (const reason of reasons) next[reason] = (next[reason] ?? 0) + 1;
  return next;
}

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
