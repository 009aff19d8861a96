import { hasRunEnded, hasTaskEnded, keyOf, type Node, type TaskKey, type TaskState, type Workflow } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';
import type { MemoryLedger } from '../memory/memory-ledger.js';
import { compensationOf, toUndo } from '../memory/memory-undoable.js';

/** Whether the node belongs to `onFailure` or undoes another: no scope of the run's tasks knows of it. */
export function isAftermath(workflow: Workflow, node: Node): boolean {
  if (node.role !== 'member') return true;
  return node.parent !== null && isAftermath(workflow, workflow.nodes[node.parent]!);
}

/** What a decision may undo: the last instance that ended and has not been undone, and only once all of the run's tasks have ended. */
export function checkAftermath(commit: Commit): void {
  const { workflow, ledger, images } = commit;
  const begun = [...images.values()].filter(
    (task) => workflow.nodes[task.node]!.role !== 'member' && ledger.find(task.node, task.at) === null,
  );
  const run = commit.decision.run ?? ledger.run;
  const ends = hasRunEnded(run.status) && !hasRunEnded(ledger.run.status);
  if (begun.length === 0 && !ends) return;
  const rows = new Map([...ledger.tasks, ...images]);
  for (const task of begun) checkBegun(commit, task);
  checkOrder(commit, rows, begun);
  if (ends) checkEnd(commit, rows);
}

function checkBegun(commit: Commit, task: TaskState): void {
  const { scope, status } = commit.decision.run ?? commit.ledger.run;
  if (/[.o]/.test(scope.states)) broken(commit, task, 'it begins while tasks of the run are open');
  if (scope.closing === null || status === 'succeeded') broken(commit, task, 'it begins though nothing has failed');
}

function checkOrder({ workflow, ledger }: Commit, rows: ReadonlyMap<TaskKey, TaskState>, begun: readonly TaskState[]): void {
  const all = toUndo(workflow, rows);
  const undone = all.map((task) => compensationOf(workflow, rows, task));
  const compensations = begun.filter((task) => workflow.nodes[task.node]!.role === 'compensation');
  const stray = compensations.find((task) => !undone.includes(task));
  if (stray !== undefined) throw new LawBroken(`${keyOf(stray.node, stray.at)} undoes what is not to be undone`);
  // Here, unlike in the database, two decisions may be made at one moment: of what ended in both, either may be first.
  const last = all[undone.indexOf(null)];
  const early = undone.findLastIndex((task) => task !== null && compensations.includes(task));
  if (last !== undefined && early >= 0 && all[early]!.endedAt! < last.endedAt!)
    throw new LawBroken(`${JSON.stringify(all[early])} is undone before ${JSON.stringify(last)}`);
  const isTold = begun.some((task) => workflow.nodes[task.node]!.role === 'onFailure');
  if (isTold && last !== undefined && !ledger.aborted) throw new LawBroken('onFailure begins before all is undone');
  const running = undone.filter((task) => task !== null && !hasTaskEnded(task.status) && task.status !== 'parked');
  if (running.filter((task) => task?.why?.reason !== 'operator').length > 1) throw new LawBroken('two are undone at once');
}

/** A run ends when all is undone, and nothing of it is open. */
/** What nobody comes back for is not left undone, nor untold: only what waits for a person may be open. */
export function auditAftermath(workflow: Workflow, ledger: MemoryLedger): void {
  const { run, tasks } = ledger;
  if (run.progress.phase === null || ledger.aborted || run.status !== 'running') return;
  const left = toUndo(workflow, tasks).find((task) => compensationOf(workflow, tasks, task) === null);
  if (left !== undefined) throw new LawBroken(`nobody goes on to undo ${JSON.stringify(left)}`);
  const isTold = workflow.onFailure === null || run.scope.closing === 'cancelled' || tasks.has(keyOf(workflow.onFailure, ''));
  if (!isTold) throw new LawBroken('nobody goes on to onFailure');
}

function checkEnd({ workflow, ledger, decision, inputs }: Commit, rows: ReadonlyMap<TaskKey, TaskState>): void {
  const open = [...rows.values()].find((task) => !hasTaskEnded(task.status));
  if (open !== undefined) throw new LawBroken(`the run ends while this is open: ${JSON.stringify(open)}`);
  if (decision.run?.status === 'succeeded' || ledger.aborted || inputs.some(({ kind }) => kind === 'abort')) return;
  const left = toUndo(workflow, rows).find((task) => compensationOf(workflow, rows, task) === null);
  if (left !== undefined) throw new LawBroken(`the run ends and this was not undone: ${JSON.stringify(left)}`);
  const told = workflow.onFailure !== null && rows.has(keyOf(workflow.onFailure, ''));
  if (decision.run?.status === 'failed' && workflow.onFailure !== null && !told) throw new LawBroken('onFailure was never run');
}
