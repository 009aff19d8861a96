import { type Decision, type Input, pathOf, type TaskKey, type TaskState, type Workflow } from '@reprise/core';
import type { MemoryLedger } from './memory/memory-ledger.js';

/** A law of the core does not hold: a bug in it, or in what it was fed. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  readonly code = 'LAW_BROKEN';
}

/** A decision that is about to be written. */
export interface Commit {
  readonly workflow: Workflow;
  readonly ledger: MemoryLedger;
  readonly inputs: readonly Input[];
  readonly decision: Decision;
  /** The rows it writes, whole. */
  readonly images: ReadonlyMap<TaskKey, TaskState>;
  readonly now: number;
}

export function broken({ workflow }: Commit, task: TaskState, what: string): never {
  throw new LawBroken(`${pathOf(workflow, task)} (${task.node}:${task.at}): ${what}\n${JSON.stringify(task)}`);
}
