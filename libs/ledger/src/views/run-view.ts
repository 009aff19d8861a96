import type { RunSummary } from '@reprise/contracts';
import type { Closing, JsonText, RunId, RunStatus, TaskError, VersionId } from '@reprise/core';
import { instantOf, recordOf } from '../connection/row-values.js';
import type { Row } from '../connection/session.js';

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
