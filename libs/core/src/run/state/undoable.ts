import type { Address, TaskKey } from '../../address.js';
import { keyOf, levelOf, outerAt } from '../../address.js';
import type { Node, Workflow } from '../../workflow/workflow.js';
import type { Draft } from './draft.js';
import { hasTaskEnded } from './status.js';
import type { TaskState } from './task-state.js';
import { NeedsMore } from './wants.js';

/** So many instances are looked up, planned and started at once at most. */
export const UNDO_SLICE = 50;

/** Whether this row is an instance that succeeded, or may have, and that its task knows how to undo. */
export function mayBeUndone(workflow: Workflow, task: TaskState): boolean {
  const node = workflow.nodes[task.node];
  if (node === undefined || node.compensation === null || levelOf(node, task.at) !== null) return false;
  // What another has done is that one's to undo.
  if (task.why?.reason === 'reused' || task.why?.reason === 'answered') return false;
  return hasTaskEnded(task.status) && (task.status === 'succeeded' || task.memory?.doubt === true);
}

/** Groups around a task that know how to undo themselves: where one of them succeeded, it speaks for what is in it. */
export function coverOf(workflow: Workflow, node: Node): readonly Node[] {
  const parent = node.parent === null ? undefined : workflow.nodes[node.parent];
  if (parent === undefined) return [];
  const outer = coverOf(workflow, parent);
  return parent.compensation === null ? outer : [parent, ...outer];
}

/** How long the `at` of an instance is that does the node's work. */
export const fullDepth = (node: Node): number => node.depth + node.levels.length;

/**
 * The compensations that are still to come, those first whose instances ended last: what was loaded, and what has ended in this
 * very decision. At most a slice of them.
 */
export function undoable(draft: Draft): readonly Address[] {
  const changed = new Map<TaskKey, TaskState>(draft.changedTasks.map((task) => [keyOf(task.node, task.at), task]));
  const before = loadedBefore(draft).filter((task) => !changed.has(keyOf(task.node, task.at)));
  const isCovered = (task: TaskState): boolean =>
    coverOf(draft.workflow, draft.node(task.node)).some(
      (group) => changed.get(keyOf(group.index, outerAt(task.at, fullDepth(group))))?.status === 'succeeded',
    );
  return [...changed.values(), ...before]
    .filter((task) => mayBeUndone(draft.workflow, task) && !isCovered(task))
    .sort(lastEndedFirst)
    .flatMap(({ node, at }) => {
      const { compensation } = draft.node(node);
      return compensation === null || changed.has(keyOf(compensation, at)) ? [] : [{ node: compensation, at }];
    })
    .slice(0, UNDO_SLICE);
}

/** Whether nothing lies beyond the slice that was loaded. What ended in this decision may cover all of a full one, and hide what is older. */
export const isAllLoaded = (draft: Draft): boolean => loadedBefore(draft).length < UNDO_SLICE;

function loadedBefore(draft: Draft): readonly TaskState[] {
  if (draft.loaded.undoable === null) throw new NeedsMore({ undoable: true });
  return draft.loaded.undoable;
}

const lastEndedFirst = (a: TaskState, b: TaskState): number => Number(b.endedAt) - Number(a.endedAt);
