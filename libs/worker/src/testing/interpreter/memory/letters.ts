import {
  type At,
  hasTaskEnded,
  keyOf,
  type Node,
  type RunState,
  type TaskKey,
  type TaskState,
  type Workflow,
} from '@reprise/core';
import type { MemoryLedger } from './memory-ledger.js';

/** The letter that a member's row should have in its scope's text. */
export function letterOf(node: Node, row: TaskState): string {
  if (!hasTaskEnded(row.status)) return 'o';
  if (row.status === 'succeeded') return 's';
  if (row.status === 'cancelled') return 'x';
  return node.onError === 'continue' ? 'c' : 'f';
}

export const outer = (at: At, depth: number): At => (at === '' ? '' : at.split('.').slice(0, depth).join('.'));

/** The text of the scope that the instance (or its list) is a member of, as it is after the images are written. */
export function scopeTextOf(
  workflow: Workflow,
  ledger: MemoryLedger,
  images: ReadonlyMap<TaskKey, TaskState>,
  run: RunState | null,
  node: Node,
  at: At,
): string {
  if (node.parent === null) return (run ?? ledger.run).scope.states;
  const owner = workflow.nodes[node.parent]!;
  const ownerAt = outer(at, node.depth);
  const row = images.get(keyOf(owner.index, ownerAt)) ?? ledger.find(owner.index, ownerAt);
  return row?.progress?.kind === 'scope' ? row.progress.states : '';
}
