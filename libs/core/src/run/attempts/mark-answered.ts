import type { Draft } from '../state/draft.js';
import type { Answerer } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';

/**
 * A success that is another's work is marked so, and left alone when this run undoes what it did: the charge of another run must stay
 * charged. Of one that another task of this very run did, that task speaks, if it knows how to undo it.
 */
export function markAnswered(draft: Draft, task: TaskState, owner: Answerer | null): TaskState {
  if (owner === null) return task;
  if (owner.run === draft.run.id && draft.node(owner.node).compensation === null) return task;
  return { ...task, why: { reason: 'answered', run: owner.run, before: task.why } };
}
