import type { At } from '../../address.js';
import { itemAt, keyOf, levelOf } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import type { Node } from '../../workflow/workflow.js';
import { goOn, totalFrom } from '../attempts/total-time.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { nextTry, rowBefore } from '../state/blank-task.js';
import type { Draft } from '../state/draft.js';
import { reopenedStates } from '../state/scope.js';
import type { ListProgress, RoundsProgress, TaskState } from '../state/task-state.js';
import { emitAgain } from '../waiting/start-emit.js';

/**
 * In a run that was taken up again: a group, a list or a repeat that had failed goes on in the row it had, so that nothing that
 * succeeded in it runs twice. False: there is no such row, it starts like any other.
 */
export function reopen(draft: Draft, node: Node, at: At): boolean {
  const before = rowBefore(draft, node, at);
  if (before === null || (before.status !== 'failed' && before.status !== 'cancelled') || tellsOfFailure(draft, node))
    return false;
  const { progress } = before;
  const total = progress === null ? null : totalFrom(draft, node, at);
  if (total?.kind === 'error') {
    endInstance(draft, before, failedWith(total.error));
    return true;
  }
  const row: TaskState = {
    ...before,
    status: 'running',
    fence: fenceOf(before.fence + 1),
    // Its time, and that of the attempts it is given, counts from here.
    startedAt: draft.now,
    endedAt: null,
    output: null,
    error: null,
    memory: null,
    totalUntil: total?.value ?? null,
  };
  switch (progress?.kind) {
    case 'emit':
      // It may have been published before it was cancelled: it is the same event, so it goes out as it was.
      emitAgain(draft, { ...before, status: 'waiting', endedAt: null }, progress);
      return true;
    case 'scope':
      goOn(draft, { ...row, progress: { ...progress, states: reopenedStates(progress.states), closing: null, error: null } });
      break;
    case 'list':
      draft.put({ ...row, progress: reopenedList(draft, row, progress) });
      break;
    case 'rounds':
      goOn(draft, reopenedRounds(draft, node, row, progress));
      break;
    default:
      return false;
  }
  draft.agenda.add(keyOf(node.index, at));
  return true;
}

/** Each failure of a run is told anew, from the first item of `onFailure` on. */
function tellsOfFailure(draft: Draft, node: Node): boolean {
  return node.role === 'onFailure' || (node.parent !== null && tellsOfFailure(draft, draft.node(node.parent)));
}

function reopenedList(draft: Draft, list: TaskState, progress: ListProgress): ListProgress {
  const items = draft.itemResults(list);
  // Together they are more than a list's output may have: however often items run again, that will not change.
  const results = items.kind === 'results' ? items.results : [];
  const redo = results.filter(({ status }) => status !== 'succeeded').map(({ index }) => index);
  return { ...progress, done: progress.next - redo.length, failed: 0, redo, closing: null, error: null };
}

/** The round that failed is due again, under its own number; one that had succeeded is judged again, with as many to come as at first. */
function reopenedRounds(draft: Draft, node: Node, owner: TaskState, before: RoundsProgress): TaskState {
  const progress: RoundsProgress = { ...before, closing: null, from: before.round };
  if (before.due) return { ...owner, progress };
  if (draft.get(node.index, itemAt(owner.at, before.round)).status === 'succeeded') return { ...owner, progress };
  const again = { ...progress, due: true, round: before.round - 1, from: before.round - 1 };
  return { ...(levelOf(node, owner.at) === 'retry' ? nextTry(draft, owner) : owner), progress: again };
}
