import type { Level, Node, Workflow } from './workflow/workflow.js';

/** Enclosing items (from 0), rounds and attempts of groups (from 1) of an instance, outermost first, as stored: `''`, `3`, `3.0`. */
export type At = string;

/** `node:at`, unique within a run. */
export type TaskKey = string;

export interface Address {
  readonly node: number;
  readonly at: At;
}

export const keyOf = (node: number, at: At): TaskKey => `${node}:${at}`;

export const depthOf = (at: At): number => (at === '' ? 0 : at.split('.').length);

export const outerAt = (at: At, depth: number): At => (at === '' ? '' : at.split('.').slice(0, depth).join('.'));

export const itemAt = (at: At, index: number): At => (at === '' ? `${index}` : `${at}.${index}`);

/** The number of an item within its list, of a round within its repeat: the last one of its `at`. */
export const itemIndex = (at: At): number => Number(at.slice(at.lastIndexOf('.') + 1));

/** The item, round or attempt of level `level` (counted from the root) that an instance is in, or null: it stands above that level. */
export function indexAt(at: At, level: number): number | null {
  const index = at === '' ? undefined : at.split('.')[level];
  return index === undefined ? null : Number(index);
}

/** How many of its node's own levels an instance is inside of: 0 is a member of its scope, `levels.length` does the work. */
export const tierOf = (node: Node, at: At): number => depthOf(at) - node.depth;

/** What the row at this place carries: the items of a list, the rounds of a repeat, the attempts of a group; null: the work itself. */
export const levelOf = (node: Node, at: At): Level | null => node.levels[tierOf(node, at)] ?? null;

/** An item of a list, a round or an attempt of a group: no member of a scope, but one of what its node's own row carries. */
export const isItem = (node: Node, at: At): boolean => tierOf(node, at) > 0;

/**
 * The rows a decision about one instance may touch without asking: itself, its list or rounds, and every group and list around it.
 * Their siblings are not among them: a group's row carries the statuses of its members.
 */
export function enclosing(workflow: Workflow, address: Address): readonly Address[] {
  const rows: Address[] = [];
  let node = workflow.nodes[address.node];
  if (node?.role === 'compensation') return [address];
  let at = address.at;
  while (node !== undefined) {
    for (let depth = depthOf(at); depth >= node.depth; depth -= 1) rows.push({ node: node.index, at: outerAt(at, depth) });
    at = outerAt(at, node.depth);
    node = node.parent === null ? undefined : workflow.nodes[node.parent];
  }
  return rows;
}

/** The path people read: `page[3].charge`, `poll[2]`, and `page[3].charge:compensate` for what undoes it. */
export function pathOf(workflow: Workflow, address: Address): string {
  const indices = address.at === '' ? [] : address.at.split('.');
  const parts: string[] = [];
  let node = workflow.nodes[address.node];
  if (typeof node?.compensates === 'number') return `${pathOf(workflow, { ...address, node: node.compensates })}${UNDOING}`;
  while (node !== undefined) {
    const own = indices.slice(node.depth, node.depth + node.levels.length);
    parts.unshift(`${node.id}${own.map((index) => `[${index}]`).join('')}`);
    node = node.parent === null ? undefined : workflow.nodes[node.parent];
  }
  return parts.join('.');
}

const UNDOING = ':compensate';

/** The instance a path names, or null when the workflow has no such task. */
export function parsePath(workflow: Workflow, path: string): Address | null {
  if (!path.endsWith(UNDOING)) return parseTaskPath(workflow, path);
  const undone = parseTaskPath(workflow, path.slice(0, -UNDOING.length));
  const node = undone === null ? undefined : workflow.nodes[undone.node];
  // Of a list no compensation is known, only of its items.
  if (undone === null || typeof node?.compensation !== 'number' || levelOf(node, undone.at) !== null) return null;
  return { node: node.compensation, at: undone.at };
}

function parseTaskPath(workflow: Workflow, path: string): Address | null {
  const { root, onFailure } = workflow;
  let members = onFailure === null ? root.members : [...root.members, onFailure];
  let node = -1;
  const at: string[] = [];
  let depth = 0;
  for (const part of path.split('.')) {
    // `page.charge` of a list names no instance: which page?
    if (at.length < depth) return null;
    const match = /^([A-Za-z][A-Za-z0-9_]*)((?:\[\d{1,9}\]){0,3})$/.exec(part);
    if (match === null) return null;
    const found = members.map((index) => workflow.nodes[index]).find((member) => member?.id === match[1]);
    if (found === undefined) return null;
    const indices = match[2]?.match(/\d+/g) ?? [];
    if (indices.length > found.levels.length) return null;
    at.push(...indices);
    depth = found.depth + found.levels.length;
    node = found.index;
    members = found.work.kind === 'group' ? found.work.group.members : [];
  }
  return { node, at: at.join('.') };
}
