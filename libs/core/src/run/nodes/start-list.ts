import type { At } from '../../address.js';
import { keyOf } from '../../address.js';
import type { Json } from '../../json.js';
import { toJsonText } from '../../json.js';
import type { Node } from '../../workflow/workflow.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { loopOf } from '../ending/loop.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderAt } from '../expressions/evaluate.js';
import { blankTask } from '../state/blank-task.js';
import type { Draft } from '../state/draft.js';
import type { Progress } from '../state/task-state.js';

/** Expands a list: its row, nothing of it yet. */
export function startList(draft: Draft, node: Node, at: At): void {
  const items = renderAt(draft, node, at, loopOf(node).items);
  const blank = blankTask(draft, node, at);
  if (items.kind === 'error') return endInstance(draft, blank, failedWith(items.error));
  const list = readList(items.value.value, node, draft.moment.limits.maxItems);
  if (list.kind === 'error') return endInstance(draft, blank, failedWith(list.error));
  draft.rememberList(node.index, at, list.value);
  const progress: Progress = { kind: 'list', total: list.value.length, next: 0, done: 0, failed: 0, closing: null, error: null };
  draft.put({ ...blank, status: 'running', startedAt: draft.now, input: toJsonText(list.value), progress });
  draft.agenda.add(keyOf(node.index, at));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function readList(value: Json, node: Node, maxItems: number): Evaluated<readonly Json[]> {
  if (isList(value) && value.length <= maxItems) return { kind: 'ok', value };
  const message = isList(value)
    ? `forEach of ${node.path} has ${value.length} items, more than the limit of ${maxItems} (REPRISE_MAX_ITEMS): make each item a page of several`
    : `forEach of ${node.path} needs a list, got ${value === null ? 'null' : typeof value}`;
  return { kind: 'error', error: { code: 'EXPRESSION', message } };
}
