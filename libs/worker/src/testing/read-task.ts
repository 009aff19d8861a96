import {
  type AttemptRecord,
  explainWhy,
  hasTaskEnded,
  type Json,
  pathOf,
  type TaskError,
  type TaskState,
  type TaskStatus,
} from '@reprise/core';
import type { Interpreter } from './interpreter/index.js';
import { jsonOf } from './json-of.js';
import { type RecordedEffect, shown } from './memory-effects.js';
import { durationOf, instantOf } from './virtual-time.js';

/** A task instance as a test sees it. */
export interface TestedTask {
  /** `page[3].charge` */
  readonly path: string;
  readonly status: TaskStatus;
  /** The rendered `with`, without its secrets; null: it never started. */
  readonly input: Json;
  /** null unless it has succeeded. */
  readonly output: Json;
  readonly error: TaskError | null;
  /** Every attempt, the one that goes on included. */
  readonly attempts: readonly TestedAttempt[];
  /** What `attempt.effect` has recorded. */
  readonly effects: readonly RecordedEffect[];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface TestedAttempt {
  /** From 1. */
  readonly number: number;
  readonly status: AttemptRecord['outcome'] | 'running';
  readonly error: TaskError | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** How long after the attempt before it had ended: `1s`; null: it was the first. */
  readonly waited: string | null;
  /** What was decided when it had ended, in words; null: nothing had to be. */
  readonly next: string | null;
}

/** @throws Error naming the task that the workflow does not have */
export function readTask(run: Interpreter, path: string): TestedTask {
  const row = run.task(path);
  const status = run.statusOf(path);
  if (row === null)
    return { path, status, input: null, output: null, error: null, attempts: [], effects: [], startedAt: null, endedAt: null };
  return {
    path: pathOf(run.workflow, row),
    status,
    input: jsonOf(row.input),
    output: jsonOf(row.output),
    error: row.error,
    attempts: attemptsOf(run, path, row),
    effects: run.ledger.effects.of(row).map(shown),
    startedAt: textOf(row.startedAt ?? row.createdAt),
    endedAt: textOf(row.endedAt),
  };
}

function attemptsOf(run: Interpreter, path: string, row: TaskState): readonly TestedAttempt[] {
  const kept = run.attemptsOf(path);
  const records = isKept(kept, row) ? kept : [...kept, lastOf(row)];
  return records.map((record, index) => {
    const before = records[index - 1];
    const waitedMs = before?.endedAt == null || record.startedAt === null ? null : record.startedAt - before.endedAt;
    return {
      number: record.attempt,
      status: record.outcome,
      error: record.error,
      startedAt: textOf(record.startedAt),
      endedAt: textOf(record.endedAt),
      waited: waitedMs === null ? null : durationOf(waitedMs),
      next: record.verdict === null ? null : explainWhy(record.verdict),
    };
  });
}

/** A first success is told by its row alone, and so is an attempt that goes on. */
function isKept(kept: readonly AttemptRecord[], { attempt, status, startedAt }: TaskState): boolean {
  if (attempt === 0 || kept.some((record) => record.attempt === attempt)) return true;
  return status !== 'running' && !(hasTaskEnded(status) && startedAt !== null);
}

const lastOf = ({ attempt, status, startedAt, endedAt, error }: TaskState) => ({
  attempt,
  outcome: status === 'succeeded' || status === 'failed' || status === 'cancelled' ? status : ('running' as const),
  error,
  startedAt,
  endedAt,
  verdict: null,
});

const textOf = (ms: number | null): string | null => (ms === null ? null : instantOf(ms));
