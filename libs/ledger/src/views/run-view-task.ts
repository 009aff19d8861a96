import type { AttemptView, TaskView } from '@reprise/contracts';
import type { Json, JsonText, Node, TaskError, Why, Workflow } from '@reprise/core';
import { explainWhy, FIRST_WHY, levelOf, pathOf, readLaneKey } from '@reprise/core';
import { instantOf, jsonOf, recordOf } from '../connection/row-values.js';
import type { Row } from '../connection/session.js';
import { type Place, progressOf, type TaskViewRow } from './run-view-walk.js';

/** What `view-attempts` and `list-attempts` return. */
export interface AttemptViewRow extends Row {
  readonly node: number;
  readonly at: string;
  readonly fence: number;
  readonly attempt: number;
  readonly outcome: 'failed' | 'timeout' | 'lost' | 'cancelled' | 'succeeded' | 'in_doubt';
  readonly executor: string | null;
  readonly error: JsonText | null;
  readonly why: JsonText | null;
  readonly verdict: JsonText | null;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly ended_at: number;
}

export const textOf = (why: Why | null): string | null => (why === null ? null : explainWhy(why));

/** `ended`: the newest ended attempts, oldest first. */
export function taskView(workflow: Workflow, place: Place, ended: readonly AttemptViewRow[], truncated: boolean): TaskView {
  const { row, of: node } = place;
  const why = whyOf(row);
  const progress = progressOf(row);
  const current = row === null ? null : currentAttempt(row, ended);
  return {
    path: pathOf(workflow, place),
    status: place.status,
    kind: kindOf(node, place.at),
    call: node.work.kind === 'call' ? node.work.call : null,
    queue: queueOf(row, node),
    executor: row?.executor ?? null,
    attempt: row?.attempt ?? 0,
    cancelling: row?.cancelling ?? false,
    createdAt: instantOf(row?.created_at ?? null),
    queuedAt: instantOf(row?.queued_at ?? null),
    startedAt: instantOf(row?.started_at ?? null),
    endedAt: instantOf(row?.ended_at ?? null),
    nextRetryAt: row?.status === 'retrying' ? instantOf(row.due_at) : null,
    dueAt: row?.status === 'waiting' ? instantOf(row.due_at) : null,
    items:
      progress?.kind === 'list'
        ? { total: progress.total, started: progress.next, done: progress.done, failed: progress.failed }
        : null,
    round: progress?.kind === 'rounds' ? progress.round : null,
    child: null,
    effects: [],
    output: jsonOf(row?.output ?? null),
    outputTruncated: row?.has_output === true && row.output === null,
    error: recordOf<TaskError>(row?.error ?? null),
    why,
    whyText: textOf(why),
    attempts: [...ended.map(endedAttempt), ...(current === null ? [] : [current])],
    attemptsTruncated: truncated,
  };
}

/** The row's has its lane with it. */
function queueOf(row: TaskViewRow | null, { work }: Node): string | null {
  if (typeof row?.queue === 'string') return readLaneKey(row.queue).queue;
  return work.kind === 'call' ? work.queue : null;
}

function kindOf(node: Node, at: string): TaskView['kind'] {
  switch (levelOf(node, at)) {
    case 'forEach':
      return 'list';
    case 'repeat':
    case 'retry':
      return 'rounds';
    case null:
      return node.work.kind;
  }
}

/** The record is left out of the row for first attempts. */
function whyOf(row: TaskViewRow | null): Why | null {
  const why = recordOf<Why>(row?.why ?? null);
  if (row === null || row.attempt === 0) return why?.reason === 'reused' ? why : null;
  return why ?? FIRST_WHY;
}

export function endedAttempt(row: AttemptViewRow): AttemptView {
  const why = recordOf<Why>(row.why) ?? FIRST_WHY;
  const verdict = recordOf<Why>(row.verdict);
  return {
    number: row.attempt,
    status: row.outcome,
    executor: row.executor,
    queuedAt: instantOf(row.queued_at),
    startedAt: instantOf(row.started_at),
    endedAt: instantOf(row.ended_at),
    nextRetryAt: null,
    error: recordOf<TaskError>(row.error),
    why,
    whyText: textOf(why),
    verdict,
    verdictText: textOf(verdict),
    heartbeat: null,
  };
}

/** The attempt that only the task's own row tells of: one that waits or runs, or a success at the first try. */
export function currentAttempt(row: TaskViewRow, ended: readonly AttemptViewRow[]): AttemptView | null {
  if (row.attempt === 0 || ended.some((each) => each.attempt === row.attempt)) return null;
  const status = currentStatus(row);
  if (status === null) return null;
  const waits = status === 'retrying';
  const why = whyOf(row);
  return {
    number: row.attempt,
    status,
    executor: waits ? null : row.executor,
    queuedAt: waits ? null : instantOf(row.queued_at),
    startedAt: waits ? null : instantOf(row.started_at),
    endedAt: instantOf(row.ended_at),
    nextRetryAt: waits ? instantOf(row.due_at) : null,
    error: row.ended_at === null ? null : recordOf<TaskError>(row.error),
    why,
    whyText: textOf(why),
    verdict: null,
    verdictText: null,
    heartbeat: heartbeatOf(row),
  };
}

function heartbeatOf({ heartbeat }: TaskViewRow): AttemptView['heartbeat'] {
  const said = recordOf<{ readonly at: number; readonly progress: Json }>(heartbeat);
  return said === null ? null : { at: new Date(said.at).toISOString(), progress: said.progress };
}

function currentStatus({ status }: TaskViewRow): AttemptView['status'] | null {
  switch (status) {
    case 'ready':
      return 'queued';
    case 'running':
    case 'retrying':
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return status;
    case 'pending':
    case 'waiting':
    case 'parked':
    case 'skipped':
      return null;
  }
}
