import { keyOf } from '../address.js';
import type { Json, JsonText } from '../json.js';
import { toJsonText } from '../json.js';
import type { Group, Node } from '../workflow/workflow.js';
import { endTasks } from './aftermath/aftermath.js';
import type { End } from './ending/end.js';
import { endInstance, failedWith, succeededWith } from './ending/end-instance.js';
import { renderAt } from './expressions/evaluate.js';
import { startMember } from './nodes/activate.js';
import { cancelMembers } from './nodes/close.js';
import { readiness } from './nodes/readiness.js';
import { settleList } from './nodes/settle-list.js';
import { settleRounds } from './nodes/settle-rounds.js';
import type { Draft } from './state/draft.js';
import type { MemberState } from './state/scope.js';
import { CANCELLED, FAILED, isSettled, memberState, OPEN, PENDING, SKIPPED, SUCCEEDED, withMember } from './state/scope.js';
import type { ScopeOwner } from './state/scope-owner.js';
import { groupOf, ownerKey, RUN_OWNER, scopeOf, setScope } from './state/scope-owner.js';
import { hasRunEnded, hasTaskEnded } from './state/status.js';
import type { ScopeProgress } from './state/task-state.js';

/** Works off the agenda until nothing can start and nothing can end. */
export function settle(draft: Draft): void {
  for (const key of draft.agenda) {
    draft.agenda.delete(key);
    if (key !== 'root') settleRow(draft, key);
    else if (!hasRunEnded(draft.run.status)) settleScope(draft, RUN_OWNER);
  }
}

function settleRow(draft: Draft, key: string): void {
  const colon = key.indexOf(':');
  const task = draft.get(Number(key.slice(0, colon)), key.slice(colon + 1));
  if (hasTaskEnded(task.status)) return;
  if (task.progress?.kind === 'list') settleList(draft, task);
  else if (task.progress?.kind === 'rounds') settleRounds(draft, task);
  else settleScope(draft, { kind: 'group', node: draft.node(task.node), at: task.at });
}

function settleScope(draft: Draft, owner: ScopeOwner): void {
  const group = groupOf(draft, owner);
  do {
    if (draft.hasJustClosed(ownerKey(owner))) cancelMembers(draft, owner);
  } while (startReady(draft, owner, group));
  const scope = scopeOf(draft, owner);
  if (isSettled(scope.states)) endScope(draft, owner, group, scope);
}

/** One pass over the pending members; true when any of them moved, which may have made others ready. */
function startReady(draft: Draft, owner: ScopeOwner, group: Group): boolean {
  const at = owner.kind === 'run' ? '' : owner.at;
  let moved = false;
  for (const member of group.members) {
    const node = draft.node(member);
    const scope = scopeOf(draft, owner);
    if (memberState(scope.states, node.position) !== PENDING) continue;
    const next = readiness(node, needsOf(draft, node, scope.states, group), scope.closing, group.sequence);
    if (next === 'wait') continue;
    moved = true;
    const state = next === 'start' ? OPEN : next === 'skip' ? SKIPPED : CANCELLED;
    setScope(draft, owner, { ...scope, states: withMember(scope.states, node.position, state) });
    if (next !== 'start' || startMember(draft, node, at) === 'started') continue;
    const after = scopeOf(draft, owner);
    setScope(draft, owner, { ...after, states: withMember(after.states, node.position, SKIPPED) });
  }
  return moved;
}

/** A sequence's item needs all before it: what failed two items ago has failed, though the one between was skipped. */
function needsOf(draft: Draft, node: Node, states: string, group: Group): readonly MemberState[] {
  const positions = group.sequence
    ? group.members.slice(0, node.position).keys()
    : node.needs.map((need) => draft.node(need).position);
  return Array.from(positions, (position) => memberState(states, position));
}

function endScope(draft: Draft, owner: ScopeOwner, group: Group, scope: ScopeProgress): void {
  const end = judgeScope(draft, owner, group, scope);
  if (owner.kind === 'run') endTasks(draft, end);
  else endInstance(draft, draft.get(owner.node.index, owner.at), end);
}

function judgeScope(draft: Draft, owner: ScopeOwner, group: Group, scope: ScopeProgress): End {
  if (scope.closing === 'cancelled') return { status: 'cancelled', output: null, error: scope.error };
  if (scope.closing !== null || scope.states.includes(FAILED)) return { status: 'failed', output: null, error: scope.error };
  return outputOf(draft, owner, group);
}

function outputOf(draft: Draft, owner: ScopeOwner, group: Group): End {
  const at = owner.kind === 'run' ? '' : owner.at;
  if (group.output === null && owner.kind === 'run') return { status: 'succeeded', output: null, error: null };
  if (group.output === null) return succeededWith(draft, defaultOutput(draft, group, scopeOf(draft, owner), at));
  const first = group.members[0];
  const place = owner.kind === 'run' || first === undefined ? null : draft.node(first);
  const rendered = renderAt(draft, place, at, group.output);
  if (rendered.kind === 'error') return failedWith(rendered.error);
  return succeededWith(draft, toJsonText(rendered.value.value));
}

/** Last item of a sequence, a map by id of a graph; what was skipped or failed and continued is null. */
function defaultOutput(draft: Draft, group: Group, scope: ScopeProgress, at: string): JsonText {
  const members = group.sequence ? group.members.slice(-1) : group.members;
  const outputs: Record<string, Json> = {};
  draft.visitAll(members, (member) => {
    const { id, position } = draft.node(member);
    const succeeded = memberState(scope.states, position) === SUCCEEDED;
    outputs[id] = succeeded ? draft.value(draft.get(member, at).output, keyOf(member, at)) : null;
  });
  return toJsonText(group.sequence ? (Object.values(outputs)[0] ?? null) : outputs);
}
