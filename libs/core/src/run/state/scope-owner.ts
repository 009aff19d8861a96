import type { At, TaskKey } from '../../address.js';
import { keyOf, outerAt } from '../../address.js';
import type { Group, Node } from '../../workflow/workflow.js';
import type { Draft } from './draft.js';
import type { ScopeProgress } from './task-state.js';

/** Who carries a scope: the run, or an instance of a group. */
export type ScopeOwner = { readonly kind: 'run' } | { readonly kind: 'group'; readonly node: Node; readonly at: At };

export const RUN_OWNER: ScopeOwner = { kind: 'run' };

/** The owner of the scope in which an instance of `node` (its list, when it is an item) is a member. */
export function ownerOf(draft: Draft, node: Node, at: At): ScopeOwner {
  return node.parent === null ? RUN_OWNER : { kind: 'group', node: draft.node(node.parent), at: outerAt(at, node.depth) };
}

export const ownerKey = (owner: ScopeOwner): TaskKey | 'root' =>
  owner.kind === 'run' ? 'root' : keyOf(owner.node.index, owner.at);

export function groupOf(draft: Draft, owner: ScopeOwner): Group {
  if (owner.kind === 'run') return draft.workflow.root;
  if (owner.node.work.kind !== 'group') throw new Error(`${owner.node.path} is no group`);
  return owner.node.work.group;
}

export function scopeOf(draft: Draft, owner: ScopeOwner): ScopeProgress {
  if (owner.kind === 'run') return draft.run.scope;
  const { progress } = draft.get(owner.node.index, owner.at);
  if (progress?.kind !== 'scope') throw new Error(`run ${draft.run.id}: ${ownerKey(owner)} carries no scope`);
  return progress;
}

export function setScope(draft: Draft, owner: ScopeOwner, scope: ScopeProgress): void {
  if (owner.kind === 'run') draft.run = { ...draft.run, scope };
  else draft.put({ ...draft.get(owner.node.index, owner.at), progress: scope });
}

/** States of the scope that `node`'s instance at `at` is a member of. */
export const statesOf = (draft: Draft, node: Node, at: At): string => scopeOf(draft, ownerOf(draft, node, at)).states;
