import type { At } from '../../address.js';
import { keyOf, levelOf } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import type { Node } from '../../workflow/workflow.js';
import { goOn, totalFrom } from '../attempts/total-time.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { blankTask, nextTry } from '../state/blank-task.js';
import type { Draft } from '../state/draft.js';

/** The row that carries the rounds of a repeat or the attempts of a group: none of them yet. */
export function startRounds(draft: Draft, node: Node, at: At): void {
  const blank = blankTask(draft, node, at);
  const total = totalFrom(draft, node, at);
  if (total.kind === 'error') return endInstance(draft, blank, failedWith(total.error));
  const tried = levelOf(node, at) === 'retry' ? nextTry(draft, blank) : blank;
  const progress = { kind: 'rounds', round: 0, due: true, from: 0, closing: null } as const;
  const fence = fenceOf(blank.fence + 1);
  goOn(draft, { ...tried, status: 'running', fence, startedAt: draft.now, totalUntil: total.value, progress });
  draft.agenda.add(keyOf(node.index, at));
}
