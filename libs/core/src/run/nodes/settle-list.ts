import { itemAt, keyOf } from '../../address.js';
import type { JsonText } from '../../json.js';
import type { Node } from '../../workflow/workflow.js';
import { comeBack } from '../attempts/come-back.js';
import type { End } from '../ending/end.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { listProgress, loopOf, tolerates } from '../ending/loop.js';
import { rowBefore } from '../state/blank-task.js';
import type { Draft } from '../state/draft.js';
import { groupOf, ownerOf } from '../state/scope-owner.js';
import type { ListProgress, TaskState } from '../state/task-state.js';
import { startAt } from './activate.js';
import { cancelItems } from './close.js';

/** Starts what may start of a list, closes it when too many items have failed, ends it when nothing of it is left. */
export function settleList(draft: Draft, list: TaskState): void {
  const key = keyOf(list.node, list.at);
  const node = draft.node(list.node);
  if (draft.hasJustClosed(key)) cancelItems(draft, list, listProgress(draft, node, list.at).next);
  startItems(draft, node, list);
  const progress = listProgress(draft, node, list.at);
  if (progress.closing === null && failsFast(draft, node, list) && !tolerates(node, progress)) {
    draft.put({ ...draft.get(list.node, list.at), progress: { ...progress, closing: 'failed' } });
    draft.closes(key);
    return;
  }
  const isOver = running(progress) === 0 && (waiting(progress) === 0 || progress.closing !== null);
  if (isOver) endInstance(draft, draft.get(list.node, list.at), judgeList(draft, list, progress));
}

/** A list is a member of a scope, and does as that does. */
const failsFast = (draft: Draft, node: Node, { at }: TaskState): boolean => groupOf(draft, ownerOf(draft, node, at)).failFast;

const redone = ({ redo }: ListProgress): number => redo?.length ?? 0;
const running = (progress: ListProgress): number => progress.next - redone(progress) - progress.done;
const waiting = (progress: ListProgress): number => progress.total - progress.next + redone(progress);

/** Starts items of a list while it has free places and this decision may start more. */
function startItems(draft: Draft, node: Node, list: TaskState): void {
  lookForRows(draft, node, list);
  for (;;) {
    const current = draft.get(list.node, list.at);
    const progress = listProgress(draft, node, list.at);
    if (progress.closing !== null || waiting(progress) === 0) return;
    if (running(progress) >= loopOf(node).parallel) return;
    if (failsFast(draft, node, list) && !tolerates(node, progress)) return;
    if (draft.starts <= 0) return comeBack(draft, current);
    draft.starts -= 1;
    // What had failed comes first: it shows whether it was worth to take the run up again.
    const { redo = [], next } = progress;
    const started = redo.length === 0 ? { next: next + 1 } : { redo: redo.slice(1) };
    draft.put({ ...current, progress: { ...progress, ...started } });
    startAt(draft, node, itemAt(list.at, redo[0] ?? next));
  }
}

/** In a run that was taken up again items may have rows from before: all that may start now are asked for at once. */
function lookForRows(draft: Draft, node: Node, list: TaskState): void {
  const progress = listProgress(draft, node, list.at);
  if (draft.run.progress.reopened === 0 || progress.closing !== null) return;
  const places = Math.min(draft.starts, loopOf(node).parallel - running(progress), waiting(progress));
  const redo = progress.redo ?? [];
  const indexes = Array.from({ length: Math.max(0, places) }, (_, place) => redo[place] ?? progress.next + place - redo.length);
  draft.visitAll(indexes, (index) => rowBefore(draft, node, itemAt(list.at, index)));
}

function judgeList(draft: Draft, list: TaskState, progress: ListProgress): End {
  if (progress.closing === 'cancelled') return { status: 'cancelled', output: null, error: null };
  if (progress.error !== null && !tolerates(draft.node(list.node), progress)) {
    const { error, failed, total } = progress;
    return failedWith({ ...error, message: `${failed} of ${total} items failed, the first: ${error.message}` });
  }
  const items = draft.itemResults(list);
  if (items.kind === 'too-large') {
    return failedWith({
      code: 'OUTPUT_TOO_LARGE',
      message: `the outputs of ${progress.total} items have ${items.bytes} bytes together, more than a list's output may have`,
    });
  }
  const outputs: string[] = new Array(progress.total).fill('null');
  for (const item of items.results) if (item.status === 'succeeded' && item.output !== null) outputs[item.index] = item.output;
  return { status: 'succeeded', output: `[${outputs.join(',')}]` as JsonText, error: null };
}
