import type { Closing, JsonText, Origin, RunProgress, RunState, RunStatus, TaskError, VersionId } from '@reprise/core';
import { hasRunEnded, NO_ORIGIN, NO_PROGRESS, runId, versionId } from '@reprise/core';
import type { Row } from './database.js';
import { textOrNull } from './task-row.js';

/** What `lock-runs` returns. */
export interface RunRow extends Row {
  readonly id: string;
  readonly version: string;
  readonly status: RunStatus;
  readonly scope: string;
  readonly closing: Closing | null;
  readonly scope_error: string | null;
  readonly error: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: string | null;
  readonly progress: string | null;
  readonly input: JsonText | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly due_at: number | null;
  readonly watch_at: number | null;
  readonly ended_at: number | null;
  readonly now: number;
}

export interface LockedRun {
  readonly run: RunState;
  readonly version: VersionId;
}

const errorOf = (text: string | null): TaskError | null => (text === null ? null : (JSON.parse(text) as TaskError));

export function runOf(row: RunRow): LockedRun {
  const run: RunState = {
    id: runId(row.id),
    status: row.status,
    scope: { kind: 'scope', states: row.scope, closing: row.closing, error: errorOf(row.scope_error) },
    input: row.input ?? 'stored',
    output: null,
    error: errorOf(row.error),
    labels: row.labels,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    dueAt: row.due_at,
    watchAt: row.watch_at,
    origin: row.origin === null ? NO_ORIGIN : (JSON.parse(row.origin) as Origin),
    progress: row.progress === null ? NO_PROGRESS : (JSON.parse(row.progress) as RunProgress),
  };
  return { run, version: versionId(row.version) };
}

/** Columns of `update-runs`, in its order. */
export function runColumns(runs: readonly RunState[]): unknown[] {
  return [
    runs.map((run) => run.id),
    runs.map((run) => run.status),
    runs.map((run) => run.scope.states),
    runs.map((run) => run.scope.closing),
    runs.map((run) => textOrNull(run.scope.error)),
    runs.map((run) => run.output),
    runs.map((run) => textOrNull(run.error)),
    runs.map((run) => run.endedAt),
    runs.map((run) => run.dueAt),
    runs.map((run) => run.watchAt),
    runs.map((run) => !hasRunEnded(run.status)),
    runs.map((run) => (run.progress === NO_PROGRESS ? null : JSON.stringify(run.progress))),
    runs.map((run) => run.startedAt),
  ];
}
