import {
  coverOf,
  fullDepth,
  keyOf,
  mayBeUndone,
  outerAt,
  type TaskKey,
  type TaskState,
  UNDO_SLICE,
  type Workflow,
} from '@reprise/core';

/** Every instance that is to be undone should the run fail, the last that ended first, whether or not that has been begun. */
export function toUndo(workflow: Workflow, rows: ReadonlyMap<TaskKey, TaskState>): readonly TaskState[] {
  const isCovered = (task: TaskState): boolean =>
    coverOf(workflow, workflow.nodes[task.node]!).some(
      (group) => rows.get(keyOf(group.index, outerAt(task.at, fullDepth(group))))?.status === 'succeeded',
    );
  return [...rows.values()]
    .filter((task) => mayBeUndone(workflow, task) && !isCovered(task))
    .sort((a, b) => b.endedAt! - a.endedAt!);
}

/** What undoes an instance; null: nothing has begun to. */
export function compensationOf(
  workflow: Workflow,
  rows: ReadonlyMap<TaskKey, TaskState>,
  { node, at }: TaskState,
): TaskState | null {
  const { compensation } = workflow.nodes[node]!;
  return compensation === null ? null : (rows.get(keyOf(compensation, at)) ?? null);
}

/** As the database gives them: those that nothing has begun to undo, a slice of them. */
export const undoableRows = (workflow: Workflow, rows: ReadonlyMap<TaskKey, TaskState>): readonly TaskState[] =>
  toUndo(workflow, rows)
    .filter((task) => compensationOf(workflow, rows, task) === null)
    .slice(0, UNDO_SLICE);
