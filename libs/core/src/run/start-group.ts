import type { GroupWork, Node } from '../workflow/workflow.js';
import { keyOf } from './address.js';
import type { Draft } from './draft.js';
import { endInstance, failedWith } from './end-instance.js';
import { freshScope } from './scope.js';
import type { Progress, TaskState } from './task-state.js';
import { goOn, totalFrom } from './total-time.js';

/** The row that carries a scope: none of its members has started yet. */
export function startGroup(draft: Draft, node: Node, work: GroupWork, blank: TaskState): void {
  const total = totalFrom(draft, node, blank.at);
  if (total.kind === 'error') return endInstance(draft, blank, failedWith(total.error));
  const progress: Progress = { kind: 'scope', states: freshScope(work.group.members.length), closing: null, error: null };
  goOn(draft, { ...blank, status: 'running', startedAt: draft.now, totalUntil: total.value, progress });
  draft.agenda.add(keyOf(node.index, blank.at));
}
