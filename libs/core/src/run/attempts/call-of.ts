import type { CallWork } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';

/** The call that a row's attempts execute; nothing else is ever attempted. */
export function callOf(draft: Draft, task: TaskState): CallWork {
  const { work } = draft.node(task.node);
  if (work.kind !== 'call') throw new Error(`run ${draft.run.id}: node ${task.node} is not attempted`);
  return work;
}
