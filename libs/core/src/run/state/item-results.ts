import { depthOf, keyOf } from '../../address.js';
import type { ItemResults } from './decision.js';
import { LIST_FACTOR } from './decision.js';
import type { Draft } from './draft.js';
import type { TaskState } from './task-state.js';
import { NeedsMore } from './wants.js';

const NO_ITEMS: ItemResults = { kind: 'results', results: [] };

/** Results of a list's items, those that ended in this very decision included. */
export function itemResults(draft: Draft, list: TaskState): ItemResults {
  const loaded = draft.isFresh ? NO_ITEMS : draft.loaded.items.get(keyOf(list.node, list.at));
  if (loaded === undefined) throw new NeedsMore({ items: [{ node: list.node, at: list.at }] });
  if (loaded.kind === 'too-large') return loaded;
  const { progress } = list;
  // A list that begins anew in a run that was taken up again may have rows of the time before beyond its end.
  const isOfList = (index: number): boolean => progress?.kind !== 'list' || index < progress.next;
  const results = new Map(loaded.results.filter(({ index }) => isOfList(index)).map((result) => [result.index, result]));
  const prefix = list.at === '' ? '' : `${list.at}.`;
  const depth = depthOf(list.at) + 1;
  for (const task of draft.changedTasks) {
    if (task.node !== list.node || depthOf(task.at) !== depth || !task.at.startsWith(prefix)) continue;
    const index = Number(task.at.slice(prefix.length));
    const { status, error } = task;
    results.set(index, { index, status, output: draft.text(task.output, keyOf(task.node, task.at)), error });
  }
  const bytes = [...results.values()].reduce((sum, { output }) => sum + Buffer.byteLength(output ?? ''), 0);
  if (bytes > draft.moment.limits.maxOutputBytes * LIST_FACTOR) return { kind: 'too-large', bytes };
  return { kind: 'results', results: [...results.values()].sort((a, b) => a.index - b.index) };
}
