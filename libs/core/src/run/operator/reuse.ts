import type { Node, Workflow } from '../../workflow/workflow.js';
import type { MemberState } from '../state/scope.js';
import { freshScope, memberState, PENDING, SKIPPED, SUCCEEDED, withMember } from '../state/scope.js';
import type { ScopeProgress } from '../state/task-state.js';

/** A run that has ended, as one that begins in its middle sees it. */
export interface RunBefore {
  readonly workflow: Workflow;
  readonly scope: Pick<ScopeProgress, 'states' | 'closing'>;
}

/** A task of the root whose result is taken over: its number in the version of then and in that of now. */
export interface ReusedTask {
  readonly before: number;
  readonly node: number;
  /** It stands for a list: expressions may read its items. */
  readonly list: boolean;
}

export type Reuse =
  /** `states`: how the scope of the new run begins. */
  | { readonly kind: 'ok'; readonly states: string; readonly tasks: readonly ReusedTask[] }
  | { readonly kind: 'unknown-task'; readonly known: readonly string[] };

/**
 * What a run that begins with `from` takes over from one before it. A task stands when it had succeeded or was skipped, and all that it
 * needs stands too: whatever follows on something that runs again runs again.
 */
export function reuseOf(workflow: Workflow, before: RunBefore, from: string): Reuse {
  const members = membersOf(workflow);
  if (!members.some(({ id }) => id === from)) return { kind: 'unknown-task', known: members.map(({ id }) => id) };
  const then = new Map(membersOf(before.workflow).map((node) => [node.id, node]));
  let states = freshScope(members.length);
  for (const node of members) {
    const state = node.id === from ? PENDING : stateOf(node, then.get(node.id), before.scope);
    states = withMember(states, node.position, state);
  }
  states = withoutFollowers(workflow, members, states);
  const tasks = members.flatMap((node): ReusedTask[] => {
    const old = then.get(node.id);
    if (old === undefined || memberState(states, node.position) !== SUCCEEDED) return [];
    return [{ before: old.index, node: node.index, list: isList(node) }];
  });
  return { kind: 'ok', states, tasks };
}

/** Nothing stands on what runs again. */
function withoutFollowers(workflow: Workflow, members: readonly Node[], states: string): string {
  const isPending = (position: number): boolean => memberState(left, position) === PENDING;
  let left = states;
  for (let falls = true; falls; ) {
    falls = false;
    for (const node of members) {
      if (isPending(node.position) || !needsOf(workflow, members, node).some(isPending)) continue;
      left = withMember(left, node.position, PENDING);
      falls = true;
    }
  }
  return left;
}

function membersOf({ root, nodes }: Workflow): readonly Node[] {
  const members = new Set(root.members);
  return nodes.filter(({ index }) => members.has(index));
}

const isList = (node: Node): boolean => node.levels[0] === 'forEach';

/** What stands of it by itself. A run that failed fast skipped what would have run: only one that did not says that it is to be skipped. */
function stateOf(node: Node, old: Node | undefined, scope: RunBefore['scope']): MemberState {
  // What reads the items of a list finds none in anything else.
  if (old === undefined || isList(old) !== isList(node)) return PENDING;
  const state = memberState(scope.states, old.position);
  return state === SUCCEEDED || (state === SKIPPED && scope.closing === null) ? state : PENDING;
}

/** Positions. */
function needsOf({ root }: Workflow, members: readonly Node[], node: Node): readonly number[] {
  if (root.sequence) return [...Array(node.position).keys()];
  return members.filter(({ index }) => node.needs.includes(index)).map(({ position }) => position);
}
