import { pathOf } from '../../address.js';
import { inDoubt } from '../ending/doubt.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { inDoubtError } from '../ending/in-doubt-error.js';
import { park } from '../ending/park.js';
import type { Draft } from '../state/draft.js';
import type { DoubtAction } from '../state/guard.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { recordAttempt } from './record-attempt.js';

/** An attempt has ended, nobody knows whether its work was done, and it may not be repeated blindly: its policy says what follows. */
export function leaveInDoubt(draft: Draft, task: TaskState, action: Exclude<DoubtAction, 'again'>, cause: TaskError): void {
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: 'in_doubt', fromLedger: false });
  draft.attempts.push(recordAttempt(draft, task, { outcome: 'in_doubt', error: cause, verdict: null }));
  const doubted = inDoubt(draft, task);
  const error = inDoubtError(pathOf(draft.workflow, task), task.attempt, cause);
  if (action === 'park') park(draft, doubted, error);
  else endInstance(draft, doubted, failedWith(error));
}
