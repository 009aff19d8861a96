import type { At } from '../../address.js';
import { keyOf, pathOf, tierOf } from '../../address.js';
import type { Node } from '../../workflow/workflow.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderGiven } from '../expressions/render-duration.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { ringAt } from './dispatch.js';

/**
 * When the time of a group or a child run that begins at this place now is over; null: never. Of a group with `retry` it is the row
 * that carries the attempts which has the time: theirs all together.
 */
export function totalFrom(draft: Draft, node: Node, at: At): Evaluated<number | null> {
  const { work, levels } = node;
  const carrier = levels.includes('retry') ? levels.indexOf('retry') : levels.length;
  if ((work.kind !== 'group' && work.kind !== 'child') || tierOf(node, at) !== carrier) return { kind: 'ok', value: null };
  const total = renderGiven(draft, node, at, 'timeout', work.total);
  return total.kind === 'error' || total.value === null ? total : { kind: 'ok', value: draft.now + total.value };
}

export const isTimeOver = (draft: Draft, { totalUntil }: TaskState): boolean => totalUntil !== null && totalUntil <= draft.now;

export const timeIsOver = (draft: Draft, task: TaskState): TaskError => ({
  code: 'TIMEOUT',
  message: `${pathOf(draft.workflow, task)}: its total time is over`,
  details: { kind: 'total' },
});

/** Sends the alarm for the end of its time; returns when the watch must look at it; null: it has no such time. */
export const ringTotal = (draft: Draft, task: TaskState): number | null =>
  task.totalUntil === null ? null : ringAt(draft, task, task.totalUntil);

/** Stores a row that carries others and goes on, with an alarm for the end of its time. */
export function goOn(draft: Draft, task: TaskState): void {
  draft.put({ ...task, watchAt: isClosedForGood(task) ? null : ringTotal(draft, task) });
}

/** A row that carries others is looked at: it goes on, or its time is over. */
export function keepTime(draft: Draft, task: TaskState): void {
  const { progress } = task;
  const isTimed = progress?.kind === 'scope' || progress?.kind === 'rounds';
  if (!isTimed || isClosedForGood(task) || !isTimeOver(draft, task)) return goOn(draft, task);
  const running = { ...task, status: 'running', dueAt: null, watchAt: null } as const;
  if (progress.kind === 'rounds') draft.put({ ...running, progress: { ...progress, closing: 'timedOut' } });
  else draft.put({ ...running, progress: { ...progress, closing: 'timedOut', error: timeIsOver(draft, task) } });
  draft.closes(keyOf(task.node, task.at));
}

/** Everything in it has been asked to stop. A failure that is being cleaned up may still be overtaken by the time. */
function isClosedForGood({ progress }: TaskState): boolean {
  const closing = progress !== null && 'closing' in progress && progress.closing;
  return closing === 'cancelled' || closing === 'timedOut';
}

/** No retry is scheduled that could not start before. */
export function deadlineOf({ run }: Draft, { totalUntil }: TaskState): number | null {
  if (totalUntil === null) return run.dueAt;
  return run.dueAt === null ? totalUntil : Math.min(totalUntil, run.dueAt);
}
