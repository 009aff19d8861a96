import type { AttemptRecord } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';

/** The record of a row's current attempt, which has ended now. */
export function recordAttempt(
  draft: Draft,
  task: TaskState,
  ended: Pick<AttemptRecord, 'outcome' | 'error' | 'verdict'>,
): AttemptRecord {
  const { node, at, attempt, fence, executor, queuedAt, startedAt, why } = task;
  return { node, at, attempt, fence, executor, queuedAt, startedAt, endedAt: draft.now, why, ...ended };
}
