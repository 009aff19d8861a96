import type { AttemptRecord } from './decision.js';
import type { Draft } from './draft.js';
import type { TaskState } from './task-state.js';

/** The record of a row's current attempt, which has ended now. */
export function recordAttempt(
  draft: Draft,
  task: TaskState,
  ended: Pick<AttemptRecord, 'outcome' | 'error' | 'verdict'>,
): AttemptRecord {
  const { node, at, attempt, fence, executor, queuedAt, startedAt, why } = task;
  return { node, at, attempt, fence, executor, queuedAt, startedAt, endedAt: draft.now, why, ...ended };
}
