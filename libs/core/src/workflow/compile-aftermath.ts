import type { Json } from '../json.js';
import { compileWork, type Defaults } from './compile-work.js';
import { expectMap, type JsonMap } from './read-json.js';
import type { Group, Node } from './workflow.js';

/** No id of a task at the root: the path `onFailure.tell` would mean two tasks. */
export const ON_FAILURE = 'onFailure';

/** Numbers the implicit group of `onFailure` behind the workflow's tasks; `compile` numbers what is in it. Its `position` is behind the last of them. */
export function addOnFailure(
  nodes: Node[],
  position: number,
  compile: (parent: { index: number; path: string; depth: number }) => Group,
): number {
  const index = nodes.length;
  const node: Node = { ...BARE, index, position, id: ON_FAILURE, path: ON_FAILURE, role: 'onFailure', work: NOTHING };
  nodes.push(node);
  nodes[index] = {
    ...node,
    work: { kind: 'group', group: compile({ index, path: ON_FAILURE, depth: 0 }), retry: null, total: null },
  };
  return index;
}

/** Numbers the compensations, behind everything else. `undone`: what the document says about undoing a task, by the task's number. The `at` of one is the whole `at` of the instance it undoes. */
export function addCompensations(nodes: Node[], undone: ReadonlyMap<number, Json>, defaults: Defaults): void {
  for (const [compensates, node] of [...nodes].entries()) {
    const compensate = undone.get(compensates);
    if (compensate === undefined) continue;
    const index = nodes.length;
    nodes.push({
      ...BARE,
      index,
      id: 'compensate',
      path: `${node.path}:compensate`,
      parent: node.parent,
      depth: node.depth + node.levels.length,
      role: 'compensation',
      work: compileWork(patient(expectMap(compensate, '`compensate`')), defaults),
      compensates,
    });
    nodes[compensates] = { ...node, compensation: index };
  }
}

/** What is not undone is worth a person's look: unless the document says otherwise, whatever its defaults say. */
function patient(compensate: JsonMap): JsonMap {
  const { retry } = compensate;
  return { ...compensate, retry: { onExhausted: 'park', ...(retry === undefined ? {} : expectMap(retry, '`retry`')) } };
}

const NOTHING: Node['work'] = {
  kind: 'group',
  group: { members: [], sequence: true, failFast: true, output: null },
  retry: null,
  total: null,
};

const BARE: Omit<Node, 'index' | 'id' | 'path' | 'role' | 'work'> = {
  parent: null,
  position: 0,
  depth: 0,
  needs: [],
  dependents: [],
  runWhen: 'succeeded',
  condition: null,
  forEach: null,
  repeat: null,
  levels: [],
  onError: 'fail',
  compensation: null,
  compensates: null,
};
