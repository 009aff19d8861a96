import { type Fence, fence, reuseOf, type TaskState, type Workflow } from '@reprise/core';
import type { ReadRun } from './read-run.js';

/** How a run begins that takes over what `run` had done before `from`, as the trigger has it copied in the database. */
export function reusedRows(
  workflow: Workflow,
  { run: before, from }: { readonly run: ReadRun; readonly from: string },
  now: number,
): { readonly states: string; readonly tasks: readonly TaskState[] } {
  const { workflow: then, ledger, run } = before;
  const reuse = reuseOf(workflow, { workflow: then, scope: run.scope }, from);
  if (reuse.kind !== 'ok') throw new Error(`${workflow.name} has no task ${from}`);
  const rows = [...ledger.tasks.values()];
  const tasks = reuse.tasks.flatMap((task) =>
    rows
      .filter(({ node, at }) => node === task.before && (at === '' || (task.list && !at.includes('.'))))
      .map((row) => reusedRow(row, task.node, run.id, now)),
  );
  return { states: reuse.states, tasks };
}

const NO_FENCE: Fence = fence(0);

const reusedRow = (row: TaskState, node: number, run: string, now: number): TaskState => ({
  ...row,
  node,
  attempt: 0,
  fence: NO_FENCE,
  executor: null,
  queue: null,
  createdAt: now,
  queuedAt: null,
  startedAt: null,
  endedAt: now,
  totalUntil: null,
  input: null,
  secrets: null,
  why: { reason: 'reused', run },
  memory: null,
  progress: row.progress?.kind === 'list' ? row.progress : null,
  idempotencyKey: null,
});
