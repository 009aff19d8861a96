import { itemAt, keyOf } from '../../address.js';
import { inDoubt } from '../ending/doubt.js';
import { endInstance } from '../ending/end-instance.js';
import type { Draft } from '../state/draft.js';
import type { Closing } from '../state/scope.js';
import { memberState, OPEN } from '../state/scope.js';
import type { ScopeOwner } from '../state/scope-owner.js';
import { groupOf, scopeOf, setScope } from '../state/scope-owner.js';
import type { TaskState } from '../state/task-state.js';
import { closeApproval } from '../waiting/await-answer.js';
import { cancelChild } from '../waiting/start-child.js';
import { hasJustBegun } from '../waiting/start-wait.js';
import { roundsProgress } from './rounds.js';

/** Closes the run's scope: nothing more starts, what is open is asked to stop. */
export function closeRun(draft: Draft, closing: Closing): void {
  setScope(draft, { kind: 'run' }, { ...draft.run.scope, closing });
  draft.closes('root');
}

/**
 * Asks the open members of a closing scope to stop.
 * A scope that closes because it failed lets members that clean up (`runWhen: failed | done`) go on.
 */
export function cancelMembers(draft: Draft, owner: ScopeOwner): void {
  const scope = scopeOf(draft, owner);
  const at = owner.kind === 'run' ? '' : owner.at;
  draft.visitAll(groupOf(draft, owner).members, (member) => {
    const node = draft.node(member);
    const cleansUp = node.runWhen === 'failed' || node.runWhen === 'done';
    if (memberState(scope.states, node.position) !== OPEN || (scope.closing === 'failed' && cleansUp)) return;
    const task = draft.findOpen(member, at);
    if (task !== null) cancelTask(draft, task);
  });
}

/** Asks the open items of a closing list to stop. */
export function cancelItems(draft: Draft, list: TaskState, started: number): void {
  draft.visitAll(Array(started).keys(), (index) => {
    const task = draft.findOpen(list.node, itemAt(list.at, index));
    if (task !== null) cancelTask(draft, task);
  });
}

/** Asks the open round of a closing repeat, or the open attempt of a closing group, to stop. */
export function cancelRound(draft: Draft, owner: TaskState): void {
  const { round } = roundsProgress(draft, owner);
  const task = draft.findOpen(owner.node, itemAt(owner.at, round));
  if (task !== null) cancelTask(draft, task);
}

/** Cancel is a request: a claimed attempt keeps its fence until it answers or its lease ends; what waits ends at once. */
export function cancelTask(draft: Draft, task: TaskState): void {
  if (task.cancelling) return;
  if (task.progress !== null && 'closing' in task.progress) {
    if (task.progress.closing === 'cancelled') return;
    draft.put({ ...task, progress: { ...task.progress, closing: 'cancelled' } });
    draft.closes(keyOf(task.node, task.at));
    return;
  }
  if (task.status === 'running' && task.claim !== null && task.executor !== null) {
    draft.put({ ...task, cancelling: true });
    const { node, at, fence, claim, executor } = task;
    draft.send({ kind: 'interrupt', node, at, fence, claim, executor });
    return;
  }
  if (task.progress?.kind === 'child') return cancelChild(draft, task, task.progress);
  if (task.progress?.kind === 'approval') closeApproval(draft, task);
  // An event that was on its way may be out, though nobody has confirmed it.
  const mayBeOut = task.progress?.kind === 'emit' && !hasJustBegun(task, draft.moment.now);
  endInstance(draft, mayBeOut ? inDoubt(draft, task) : task, { status: 'cancelled', output: null, error: null });
}
