import type { Instant, RunSummary } from '@reprise/contracts';
import type { Closing, Json, JsonText, RunId, RunStatus, TaskError, VersionId } from '@reprise/core';
import type { Row } from './database.js';

/** What `list-runs` and `find-run` return of a run. */
export interface RunViewRow extends Row {
  readonly id: RunId;
  readonly workflow: string;
  readonly version_id: VersionId;
  readonly version: string | null;
  readonly number: number | null;
  readonly status: RunStatus;
  readonly closing: Closing | null;
  readonly trigger: string;
  readonly scheduled_for: number | null;
  readonly key: string | null;
  readonly parent_id: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly error: JsonText | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** What `find-run` returns besides. */
export interface WholeRunRow extends RunViewRow {
  readonly scope: string;
  readonly input: JsonText;
  readonly output: JsonText | null;
  readonly due_at: number | null;
  readonly progress: JsonText | null;
  readonly rerun_of: string | null;
  readonly origin: JsonText | null;
}

export function instantOf(ms: number): Instant;
export function instantOf(ms: number | null): Instant | null;
export function instantOf(ms: number | null): Instant | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** JSON the ledger holds, as the value it is; nothing is null. */
export const jsonOf = (text: JsonText | null): Json => (text === null ? null : (JSON.parse(text) as Json));

/** JSON that the ledger itself has written from this type. */
export const recordOf = <Value>(text: JsonText | null): Value | null => (text === null ? null : (JSON.parse(text) as Value));

export function runSummary(row: RunViewRow): RunSummary {
  return {
    id: row.id,
    workflow: row.workflow,
    version: row.version,
    versionNumber: row.number,
    status: row.status,
    closing: row.closing,
    trigger: row.trigger,
    scheduledFor: instantOf(row.scheduled_for),
    key: row.key,
    parent: row.parent_id,
    labels: row.labels,
    error: recordOf<TaskError>(row.error),
    createdAt: instantOf(row.created_at),
    startedAt: instantOf(row.started_at),
    endedAt: instantOf(row.ended_at),
  };
}
