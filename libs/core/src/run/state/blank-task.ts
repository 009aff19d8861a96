import type { At } from '../../address.js';
import { depthOf, outerAt, tierOf } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from './draft.js';
import { guardBetween } from './guard.js';
import type { TaskState } from './task-state.js';

/**
 * A row that has not started: what every instance begins as. One that has had a row before, in a run that was taken up again, goes
 * on with its fence and its attempts: what the executors of the time before still send must not fit.
 */
export function blankTask(draft: Draft, node: Node, at: At): TaskState {
  const before = rowBefore(draft, node, at);
  return {
    node: node.index,
    at,
    status: 'pending',
    attempt: before === null ? 0 : spentAttempts(before),
    fence: before?.fence ?? fenceOf(0),
    claim: null,
    executor: null,
    queue: null,
    createdAt: before?.createdAt ?? draft.now,
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    leaseUntil: null,
    dueAt: null,
    watchAt: null,
    queueUntil: null,
    totalUntil: null,
    cancelling: false,
    input: null,
    secrets: null,
    output: null,
    error: null,
    why: null,
    memory: null,
    guard: guardBetween(before?.guard ?? null),
    progress: null,
    idempotencyKey: null,
    recorded: null,
  };
}

/** The row's next attempt; one that follows on others was asked for by whoever had the run taken up again. */
export function nextTry(draft: Draft, task: TaskState): TaskState {
  const attempt = task.attempt + 1;
  if (task.attempt === 0) return { ...task, attempt, why: null };
  return {
    ...task,
    attempt,
    why: { reason: 'operator', askedBy: draft.run.progress.askedBy ?? 'nobody known', attempt },
  };
}

/** The row that an instance had when the run ended; null: it never started, as in every run that was not taken up again. */
export function rowBefore(draft: Draft, node: Node, at: At): TaskState | null {
  const { reopenedAt } = draft.run.progress;
  if (reopenedAt === null) return null;
  // Beneath a row that is itself newer there is nothing to look for.
  const carrier = carrierOf(draft, node, at);
  return carrier !== null && carrier.createdAt > reopenedAt ? null : draft.find(node.index, at);
}

/** The row that an instance is an item, a round or a member of; null: a member of the run itself. */
function carrierOf(draft: Draft, node: Node, at: At): TaskState | null {
  if (tierOf(node, at) > 0) return draft.get(node.index, outerAt(at, depthOf(at) - 1));
  if (node.parent === null) return null;
  const { depth, levels } = draft.node(node.parent);
  return draft.get(node.parent, outerAt(at, depth + levels.length));
}

/** A cancelled attempt that nobody had claimed never ran: its number is free. */
const spentAttempts = ({ attempt, status, startedAt }: TaskState): number =>
  status === 'cancelled' && startedAt === null && attempt > 0 ? attempt - 1 : attempt;
