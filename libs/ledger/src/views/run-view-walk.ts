import type { Address, Group, Guard, JsonText, Node, Progress, TaskStatus, Workflow } from '@reprise/core';
import { indexAt, itemAt, keyOf, levelOf, memberState } from '@reprise/core';
import type { Row } from '../connection/session.js';

/** What `view-tasks` returns. */
export interface TaskViewRow extends Row {
  readonly node: number;
  readonly at: string;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly executor: string | null;
  readonly queue: string | null;
  readonly cancelling: boolean;
  readonly error: JsonText | null;
  readonly why: JsonText | null;
  readonly progress: JsonText | null;
  readonly guard: Guard | null;
  readonly created_at: number;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly due_at: number | null;
  readonly output: JsonText | null;
  readonly has_output: boolean;
  readonly input: JsonText | null;
  readonly heartbeat: JsonText | null;
}

/** A task instance where it stands in its run. Members that never started or were skipped have no row. */
export interface Place extends Address {
  readonly of: Node;
  readonly row: TaskViewRow | null;
  readonly status: TaskStatus;
}

/** Behind whatever is in an instance: what undoes it. */
const LAST = Number.POSITIVE_INFINITY;

/** Rows fetched at once: bounds a query, whatever the workflow looks like. */
const FETCH = 500;
/** Rounds fetched beforehand of each item that repeats. */
const AHEAD = 5;

export const progressOf = (row: TaskViewRow | null): Progress | null =>
  row === null || row.progress === null ? null : (JSON.parse(row.progress) as Progress);

/**
 * All task instances of a run in the order of the document, items and rounds in their order, a group before its members.
 * Rows are looked up by key, a page at a time: the walk follows what the scopes and lists say must be there, it never scans.
 */
export class TaskWalk {
  private readonly rows = new Map<string, TaskViewRow | null>();

  constructor(
    private readonly workflow: Workflow,
    private readonly load: (addresses: readonly Address[]) => Promise<readonly TaskViewRow[]>,
  ) {}

  /** `states`: the run's own scope. Begins behind `after`. */
  places(states: string, after: Address | null): AsyncGenerator<Place> {
    const { root, onFailure } = this.workflow;
    const all = onFailure === null ? root : { ...root, members: [...root.members, onFailure] };
    return this.scope(all, '', states, after === null ? null : orderOf(this.workflow, after));
  }

  private async *scope(group: Group, at: string, states: string, after: readonly number[] | null): AsyncGenerator<Place> {
    const first = after?.[0] ?? 0;
    const members = group.members.slice(first).map((index) => this.node(index));
    await this.fetch(this.withUndoing(group.members.slice(first)).map((node) => ({ node, at })));
    for (const node of members) {
      const rest = after !== null && node.position === first ? after.slice(1) : null;
      const row = this.row(node.index, at);
      // No scope knows of it: without a row it has not been needed.
      if (node.role === 'onFailure' && row === null) continue;
      const status = node.role === 'onFailure' ? row?.status : statusOf(row, memberState(states, node.position));
      if (rest === null && status !== undefined) yield { node: node.index, at, of: node, row, status };
      yield* this.beneath(node, at, row, rest);
      yield* this.undoing(node, at, rest);
    }
  }

  /** What undoes an instance stands behind all that is in it, once it has begun. */
  private *undoing({ compensation }: Node, at: string, after: readonly number[] | null): Generator<Place> {
    const row = compensation === null ? null : this.row(compensation, at);
    if (compensation === null || row === null || after?.[0] === LAST) return;
    yield { node: compensation, at, of: this.node(compensation), row, status: row.status };
  }

  private withUndoing(nodes: readonly number[]): readonly number[] {
    return nodes.flatMap((index) => [index, this.node(index).compensation ?? []].flat());
  }

  /** What a row carries: the items, rounds or attempts of its node's level, or the members of its group. */
  private async *beneath(
    node: Node,
    at: string,
    row: TaskViewRow | null,
    after: readonly number[] | null,
  ): AsyncGenerator<Place> {
    const progress = progressOf(row);
    if (progress?.kind === 'list') yield* this.numbered(node, at, [0, progress.next - 1], progress.redo ?? [], after);
    else if (progress?.kind === 'rounds') yield* this.numbered(node, at, [1, progress.round], [], after);
    else if (progress?.kind === 'scope' && node.work.kind === 'group')
      yield* this.scope(node.work.group, at, progress.states, after === null || after.length === 0 ? null : after);
  }

  /** `redo`: those that had failed and have yet to be started again. */
  private async *numbered(
    node: Node,
    at: string,
    [first, last]: readonly [number, number],
    redo: readonly number[],
    after: readonly number[] | null,
  ): AsyncGenerator<Place> {
    const passed = (after?.[0] ?? 0) - 1;
    const isWork = levelOf(node, itemAt(at, 0)) === null;
    const inner = isWork && node.work.kind === 'group' ? node.work.group.members : [];
    const chunk = Math.max(1, Math.floor(FETCH / (1 + (isWork ? inner.length : AHEAD))));
    for (let from = Math.max(passed, first); from <= last; from += chunk) {
      const indexes = Array.from({ length: Math.min(chunk, last + 1 - from) }, (_, offset) => from + offset);
      const nodes = this.withUndoing([node.index, ...inner]);
      await this.fetch(indexes.flatMap((index) => nodes.map((each) => ({ node: each, at: itemAt(at, index) }))));
      await this.fetch(indexes.flatMap((index) => this.firstRounds(node, itemAt(at, index))));
      for (const index of indexes) {
        const rest = index === passed ? (after?.slice(1) ?? null) : null;
        const place = { node: node.index, at: itemAt(at, index) };
        const row = this.row(place.node, place.at);
        if (row === null) continue;
        if (rest === null) yield { ...place, of: node, row, status: redo.includes(index) ? 'pending' : row.status };
        yield* this.beneath(node, place.at, row, rest);
        yield* this.undoing(node, place.at, rest);
      }
    }
  }

  /** Asked for together with those of its siblings: else each item that repeats would be a query of its own. */
  private firstRounds(node: Node, at: string): readonly Address[] {
    const progress = progressOf(this.row(node.index, at));
    if (progress?.kind !== 'rounds') return [];
    return Array.from({ length: Math.min(progress.round, AHEAD) }, (_, index) => ({
      node: node.index,
      at: itemAt(at, index + 1),
    }));
  }

  private async fetch(addresses: readonly Address[]): Promise<void> {
    const missing = addresses.filter(({ node, at }) => !this.rows.has(keyOf(node, at)));
    for (let from = 0; from < missing.length; from += FETCH) {
      const page = missing.slice(from, from + FETCH);
      for (const { node, at } of page) this.rows.set(keyOf(node, at), null);
      for (const row of await this.load(page)) this.rows.set(keyOf(row.node, row.at), row);
    }
  }

  private row(node: number, at: string): TaskViewRow | null {
    return this.rows.get(keyOf(node, at)) ?? null;
  }

  private node(index: number): Node {
    const node = this.workflow.nodes[index];
    if (node === undefined) throw new Error(`workflow ${this.workflow.name} has no node ${index}`);
    return node;
  }
}

/** Place in the walk: for every enclosing node its position and, for each of its levels, the index plus 1; 0: it stands above that level. */
function orderOf(workflow: Workflow, address: Address): readonly number[] {
  const order: number[] = [];
  let node = workflow.nodes[address.node];
  if (typeof node?.compensates === 'number') return [...orderOf(workflow, { ...address, node: node.compensates }), LAST];
  while (node !== undefined) {
    const { depth } = node;
    order.unshift(node.position, ...node.levels.map((_, level) => (indexAt(address.at, depth + level) ?? -1) + 1));
    node = node.parent === null ? undefined : workflow.nodes[node.parent];
  }
  return order;
}

/** What had failed and was then skipped, cancelled or has yet to begin, in a run that was taken up again, has a row of the time before. */
const statusOf = (row: TaskViewRow | null, letter: ReturnType<typeof memberState>): TaskStatus =>
  row === null || '.kx'.includes(letter) ? absent(letter) : row.status;

/** What a scope's letter says of a member without a row. */
function absent(state: ReturnType<typeof memberState>): TaskStatus {
  switch (state) {
    case 'k':
      return 'skipped';
    case 'x':
      return 'cancelled';
    case '.':
    case 'o':
    case 's':
    case 'f':
    case 'c':
      return 'pending';
  }
}
