import { keyOf } from '../../address.js';
import type { Node, Repeat } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { RoundsProgress, TaskState } from '../state/task-state.js';

export function repeatOf(node: Node): Repeat {
  if (node.repeat === null) throw new Error(`${node.path} does not repeat, though a row of it counts rounds`);
  return node.repeat;
}

/** How far the rounds of this row have come. */
export function roundsProgress(draft: Draft, { node, at, progress }: TaskState): RoundsProgress {
  if (progress?.kind !== 'rounds') throw new Error(`run ${draft.run.id}: ${keyOf(node, at)} counts no rounds`);
  return progress;
}
