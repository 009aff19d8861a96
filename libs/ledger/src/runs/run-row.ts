import type { Closing, JsonText, Origin, RunProgress, RunState, RunStatus, TaskError, VersionId } from '@reprise/core';
import { hasRunEnded, NO_ORIGIN, NO_PROGRESS, runId, versionId } from '@reprise/core';
import type { Row } from '../connection/session.js';
import { sparse, textOrNull } from './task-row.js';

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
  const column = <Value>(pick: (run: RunState) => Value) => sparse(runs.map(pick));
  return [
    column((run) => run.id),
    column((run) => run.status),
    column((run) => run.scope.states),
    column((run) => run.scope.closing),
    column((run) => textOrNull(run.scope.error)),
    column((run) => run.output),
    column((run) => textOrNull(run.error)),
    column((run) => run.endedAt),
    column((run) => run.dueAt),
    column((run) => run.watchAt),
    column((run) => !hasRunEnded(run.status)),
    column((run) => (run.progress === NO_PROGRESS ? null : JSON.stringify(run.progress))),
    column((run) => run.startedAt),
  ];
}
