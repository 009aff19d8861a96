import type { Address } from '../../address.js';
import type { Why } from '../../retry/index.js';
import type { Lane } from '../../workflow/lane.js';
import type { CallWork } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';

/**
 * The lane of a coming attempt. What follows on a failure waits apart, whatever its priority, so that a storm of retries does not stand
 * before fresh work. One that was lost, handed back or held up has not failed: it keeps its lane.
 */
export function chooseLane(draft: Draft, task: TaskState, work: CallWork): Lane {
  // Whoever read its lane does not host the call: it is offered where every worker reads.
  if (isWithoutHandler(task.why)) return 'normal';
  return (task.memory?.failures ?? 0) > 0 || isInRetriedGroup(draft, task) ? 'retry' : work.priority;
}

/** Put back for want of a handler, whatever else has held it since. */
const isWithoutHandler = (why: Why | null): boolean =>
  why?.reason === 'hold' && (why.hold === 'NO_HANDLER' || isWithoutHandler(why.before ?? null));

/** A group that is tried again begins its tasks anew: for each of them it is the first attempt, for the queue it is a retry. */
function isInRetriedGroup(draft: Draft, address: Address): boolean {
  const { depth, levels, parent, role } = draft.node(address.node);
  const isRetry = (index: number): boolean => Number(address.at.split('.')[depth + index]) > 1;
  if (levels.some((level, index) => level === 'retry' && isRetry(index))) return true;
  // Undoing is not trying again.
  return parent !== null && role !== 'compensation' && isInRetriedGroup(draft, { ...address, node: parent });
}
