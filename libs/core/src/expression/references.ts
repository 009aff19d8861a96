import type { Node } from './syntax.js';

/**
 * A place that an expression reads: `tasks.charge.output.id` is `{ root: 'tasks', path: ['charge', 'output', 'id'] }`.
 * The path ends before the first step that is computed, is a list position or calls something.
 */
export interface Reference {
  readonly root: string;
  readonly path: readonly string[];
}

/** Every place read, each once. Variables of `map`, `all`, … are no places; `optional.of` is a function. */
export function findReferences(tree: Node): readonly Reference[] {
  const found = new ReferenceSet();
  collect(tree, [], found);
  return found.list();
}

export class ReferenceSet {
  private readonly byKey = new Map<string, Reference>();

  add(reference: Reference): void {
    const key = JSON.stringify([reference.root, ...reference.path]);
    if (!this.byKey.has(key)) this.byKey.set(key, reference);
  }

  list(): readonly Reference[] {
    return [...this.byKey.values()];
  }
}

/** The static path of a node, or null if it is not one. */
export function staticPath(node: Node): Reference | null {
  const path: string[] = [];
  let current = node;
  for (;;) {
    if (current.kind === 'name') return { root: current.name, path: path.reverse() };
    if (current.kind === 'field') path.push(current.name);
    else if (current.kind === 'index' && current.index.kind === 'literal' && typeof current.index.value === 'string') {
      path.push(current.index.value);
    } else return null;
    current = current.of;
  }
}

function collect(node: Node, bound: readonly string[], found: ReferenceSet): void {
  const path = staticPath(node);
  if (path !== null) {
    if (!bound.includes(path.root)) found.add(path);
    return;
  }
  if (node.kind === 'has') {
    collect({ kind: 'field', start: node.start, end: node.end, of: node.of, name: node.name, optional: false }, bound, found);
    return;
  }
  if (node.kind === 'loop') {
    const inner = [...bound, node.variable];
    collect(node.range, bound, found);
    if (node.filter !== null) collect(node.filter, inner, found);
    collect(node.body, inner, found);
    return;
  }
  for (const child of childrenOf(node)) collect(child, bound, found);
}

function childrenOf(node: Exclude<Node, { kind: 'has' | 'loop' }>): readonly Node[] {
  switch (node.kind) {
    case 'field':
      return [node.of];
    case 'index':
      return [node.of, node.index];
    case 'not':
    case 'minus':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'choice':
      return [node.condition, node.then, node.otherwise];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'call':
      return node.args;
    case 'method':
      return isOptionalNamespace(node.receiver) ? node.args : [node.receiver, ...node.args];
    default:
      return [];
  }
}

/** `optional` in `optional.of(x)` and `optional.none()`. */
export function isOptionalNamespace(node: Node): boolean {
  return node.kind === 'name' && node.name === 'optional';
}
