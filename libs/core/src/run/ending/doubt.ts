import { NO_MEMORY } from '../../retry/index.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';

/** An attempt of this task may have done its work though nobody said so: should the run fail, it is undone like a success. */
export function inDoubt(draft: Draft, task: TaskState): TaskState {
  if (draft.node(task.node).compensation === null) return task;
  return { ...task, memory: { ...(task.memory ?? NO_MEMORY), doubt: true } };
}

/** No answer is no answer, whoever says so: `TIMEOUT`, `http.TIMEOUT`, `http.NETWORK`. Unless it is known that nothing was sent. */
export function leavesDoubt({ code, details }: TaskError): boolean {
  const neverSent = typeof details === 'object' && details !== null && 'happened' in details && details['happened'] === false;
  return /^(.+\.)?(TIMEOUT|NETWORK)$/.test(code) && !neverSent;
}
