import type {
  ClaimId,
  Guard,
  JsonText,
  Progress,
  RetryMemory,
  RunId,
  Stored,
  TaskError,
  TaskState,
  TaskStatus,
  Why,
} from '@reprise/core';
import { type AttemptRecord, claimId, fence, hasTaskEnded, type Outcome } from '@reprise/core';
import type { Row } from '../connection/session.js';

/** What `lock-tasks` and `lock-open-tasks` return. Instants are epoch milliseconds, JSON is text. */
export interface TaskRow extends Row {
  readonly run_id: string;
  readonly node: number;
  readonly at: string;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly fence: number;
  readonly claim: string | null;
  readonly executor: string | null;
  readonly queue: string | null;
  readonly created_at: number;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly lease_until: number | null;
  readonly due_at: number | null;
  readonly watch_at: number | null;
  readonly queue_until: number | null;
  readonly total_until: number | null;
  readonly cancelling: boolean;
  readonly has_input: boolean;
  readonly has_secrets: boolean;
  readonly output: JsonText | null;
  readonly has_output: boolean;
  readonly error: string | null;
  readonly why: string | null;
  readonly memory: string | null;
  readonly guard: Guard | null;
  readonly progress: string | null;
  readonly idempotency_key: string | null;
  readonly recorded: string | null;
}

/** The ledger wrote this JSON itself, from this very type. */
const parsed = <Value>(text: string | null): Value | null => (text === null ? null : (JSON.parse(text) as Value));

export function taskOf(row: TaskRow): TaskState {
  const claim: ClaimId | null = row.claim === null ? null : claimId(row.claim);
  const input: Stored = row.has_input ? 'stored' : null;
  return {
    node: row.node,
    at: row.at,
    status: row.status,
    attempt: row.attempt,
    fence: fence(row.fence),
    claim,
    executor: row.executor,
    queue: row.queue,
    createdAt: row.created_at,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    leaseUntil: row.lease_until,
    dueAt: row.due_at,
    watchAt: row.watch_at,
    queueUntil: row.queue_until,
    totalUntil: row.total_until,
    cancelling: row.cancelling,
    input,
    secrets: null,
    output: row.output ?? (row.has_output ? 'stored' : null),
    error: parsed<TaskError>(row.error),
    why: parsed<Why>(row.why),
    memory: parsed<RetryMemory>(row.memory),
    guard: row.guard,
    progress: parsed<Progress>(row.progress),
    idempotencyKey: row.idempotency_key,
    recorded: parsed<Outcome>(row.recorded),
  };
}

export interface TaskWrite {
  readonly run: RunId;
  readonly task: TaskState;
}

export const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);

const inline = (stored: Stored): JsonText | null => (stored === 'stored' ? null : stored);

/**
 * A column of rows to be written: nothing at all where every value is null. Beside full columns, UNNEST fills an empty one up with nulls, and
 * most columns of most batches are such, to be written by one side and read by the other.
 */
export function sparse<Value>(values: readonly Value[]): readonly Value[] {
  return values.every((value) => value === null) ? [] : values;
}

/** Columns of `write-tasks`, in its order. */
export function taskColumns(writes: readonly TaskWrite[]): unknown[] {
  const column = <Value>(pick: (task: TaskState) => Value) => sparse(writes.map((write) => pick(write.task)));
  return [
    writes.map((write) => write.run),
    column((task) => task.node),
    column((task) => task.at),
    column((task) => task.status),
    column((task) => task.attempt),
    column((task) => task.fence),
    column((task) => (hasTaskEnded(task.status) ? null : task.claim)),
    column((task) => task.executor),
    column((task) => task.queue),
    column((task) => task.createdAt),
    column((task) => task.queuedAt),
    column((task) => task.startedAt),
    column((task) => task.endedAt),
    column((task) => task.leaseUntil),
    column((task) => task.dueAt),
    column((task) => task.watchAt),
    column((task) => task.queueUntil),
    column((task) => task.totalUntil),
    column((task) => task.cancelling),
    column((task) => inline(task.input)),
    column((task) => task.secrets),
    column((task) => inline(task.output)),
    column((task) => textOrNull(task.error)),
    column((task) => textOrNull(task.why)),
    column((task) => textOrNull(task.memory)),
    column((task) => textOrNull(task.progress)),
    column((task) => task.idempotencyKey),
    column((task) => textOrNull(task.recorded)),
    column((task) => task.guard),
  ];
}

export interface AttemptWrite {
  readonly run: RunId;
  readonly record: AttemptRecord;
}

/** Columns of `insert-attempts`, in its order. */
export function attemptColumns(writes: readonly AttemptWrite[]): unknown[] {
  const column = <Value>(pick: (record: AttemptRecord) => Value) => sparse(writes.map((write) => pick(write.record)));
  return [
    writes.map((write) => write.run),
    column((record) => record.node),
    column((record) => record.at),
    column((record) => record.attempt),
    column((record) => record.fence),
    column((record) => record.outcome),
    column((record) => record.executor),
    column((record) => record.queuedAt),
    column((record) => record.startedAt),
    column((record) => record.endedAt),
    column((record) => textOrNull(record.error)),
    column((record) => textOrNull(record.why)),
    column((record) => textOrNull(record.verdict)),
  ];
}
