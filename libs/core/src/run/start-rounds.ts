import { fence as fenceOf } from '../ids.js';
import type { Node } from '../workflow/workflow.js';
import type { At } from './address.js';
import { keyOf, levelOf } from './address.js';
import { blankTask, nextTry } from './blank-task.js';
import type { Draft } from './draft.js';

/** The row that carries the rounds of a repeat or the attempts of a group: none of them yet. */
export function startRounds(draft: Draft, node: Node, at: At): void {
  const blank = blankTask(draft, node, at);
  const tried = levelOf(node, at) === 'retry' ? nextTry(draft, blank) : blank;
  const progress = { kind: 'rounds', round: 0, due: true, from: 0, closing: null } as const;
  draft.put({ ...tried, status: 'running', fence: fenceOf(blank.fence + 1), startedAt: draft.now, progress });
  draft.agenda.add(keyOf(node.index, at));
}
