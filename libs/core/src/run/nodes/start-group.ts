import { keyOf } from '../../address.js';
import type { GroupWork, Node } from '../../workflow/workflow.js';
import { goOn, totalFrom } from '../attempts/total-time.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import type { Draft } from '../state/draft.js';
import { freshScope } from '../state/scope.js';
import type { Progress, TaskState } from '../state/task-state.js';

/** The row that carries a scope: none of its members has started yet. */
export function startGroup(draft: Draft, node: Node, work: GroupWork, blank: TaskState): void {
  const total = totalFrom(draft, node, blank.at);
  if (total.kind === 'error') return endInstance(draft, blank, failedWith(total.error));
  const progress: Progress = { kind: 'scope', states: freshScope(work.group.members.length), closing: null, error: null };
  goOn(draft, { ...blank, status: 'running', startedAt: draft.now, totalUntil: total.value, progress });
  draft.agenda.add(keyOf(node.index, blank.at));
}
