import { depthOf, keyOf, outerAt, pathOf, tierOf } from '../../address.js';
import type { JsonText } from '../../json.js';
import type { Draft } from '../state/draft.js';
import { isOpen } from '../state/guard.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { inDoubt } from './doubt.js';
import type { End } from './end.js';
import { blame, endMember } from './end-member.js';
import { inDoubtError } from './in-doubt-error.js';
import { listProgress } from './loop.js';
import { park } from './park.js';

export const failedWith = (error: TaskError): End => ({ status: 'failed', output: null, error });

/** Success, unless the output is larger than one may be. */
export function succeededWith(draft: Draft, output: JsonText): End {
  const limit = draft.moment.limits.maxOutputBytes;
  const bytes = Buffer.byteLength(output);
  if (bytes <= limit) return { status: 'succeeded', output, error: null };
  return failedWith({
    code: 'OUTPUT_TOO_LARGE',
    message: `the output has ${bytes} bytes, more than the limit of ${limit}`,
  });
}

/** An instance has ended for good: its row is closed, and its list, its rounds or its scope are told. */
export function endInstance(draft: Draft, task: TaskState, end: End): void {
  if (end.status === 'failed' && end.error !== null && end.byHand !== true && waitsForPerson(draft, task))
    return park(draft, task, end.error);
  if (end.status === 'failed' && end.error !== null && end.byHand !== true && isAskedAbout(task))
    return park(draft, inDoubt(draft, task), inDoubtError(pathOf(draft.workflow, task), task.attempt, end.error));
  draft.put({
    ...task,
    status: end.status,
    output: end.output,
    error: end.error,
    endedAt: draft.now,
    claim: null,
    leaseUntil: null,
    dueAt: null,
    watchAt: null,
    queueUntil: null,
    cancelling: false,
    recorded: null,
  });
  const node = draft.node(task.node);
  if (node.compensation !== null) draft.tick();
  const tier = tierOf(node, task.at);
  if (tier === 0) return endMember(draft, node, task.at, end);
  if (node.levels[tier - 1] === 'forEach') return countItem(draft, task, end);
  // What the round's end means is read from its row by who carries the rounds: from here, rounds that end at once would recurse.
  draft.agenda.add(keyOf(task.node, outerAt(task.at, depthOf(task.at) - 1)));
}

/** It cannot just have failed while one of its effects may have happened: what it has come to is for a person to say. */
const isAskedAbout = ({ guard }: TaskState): boolean => isOpen(guard) && guard !== 'open-fail';

/** What could not be undone is not left so without a person having seen it, unless the document says that it may. */
function waitsForPerson(draft: Draft, task: TaskState): boolean {
  const { role, work } = draft.node(task.node);
  return role === 'compensation' && work.kind === 'call' && work.retry.onExhausted !== 'fail';
}

function countItem(draft: Draft, task: TaskState, end: End): void {
  const node = draft.node(task.node);
  const list = draft.get(task.node, outerAt(task.at, node.depth));
  const before = listProgress(draft, node, list.at);
  const failed = end.status === 'failed';
  const progress = {
    ...before,
    done: before.done + 1,
    failed: before.failed + (failed ? 1 : 0),
    error: before.error ?? (failed ? blame(draft, node, task.at, end) : null),
  };
  draft.put({ ...list, progress });
  draft.agenda.add(keyOf(list.node, list.at));
}
