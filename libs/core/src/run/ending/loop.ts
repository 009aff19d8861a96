import type { At } from '../../address.js';
import { keyOf } from '../../address.js';
import type { ForEach, Node } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { ListProgress } from '../state/task-state.js';

export function loopOf(node: Node): ForEach {
  if (node.forEach === null) throw new Error(`${node.path} is no loop, though a row of it counts items`);
  return node.forEach;
}

/** How far the list at `at` has come by now. */
export function listProgress(draft: Draft, node: Node, at: At): ListProgress {
  const { progress } = draft.get(node.index, at);
  if (progress?.kind !== 'list') throw new Error(`run ${draft.run.id}: ${keyOf(node.index, at)} is no list`);
  return progress;
}

/** 1.15 of 2,000 may come out a hair below 23. */
const HAIR = 1e-9;

/** Whether as many items may fail as have failed so far. A share is of all items, rounded down. */
export function tolerates(node: Node, { failed, total }: ListProgress): boolean {
  const { tolerate } = loopOf(node);
  return failed <= (tolerate.kind === 'count' ? tolerate.count : Math.floor((total * tolerate.percent) / 100 + HAIR));
}
