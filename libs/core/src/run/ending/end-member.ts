import type { At } from '../../address.js';
import { pathOf } from '../../address.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { MemberState } from '../state/scope.js';
import { CANCELLED, CONTINUED, FAILED, SUCCEEDED, withMember } from '../state/scope.js';
import { groupOf, ownerKey, ownerOf, scopeOf, setScope } from '../state/scope-owner.js';
import type { End } from './end.js';

/** A member of a scope has ended: its letter changes, and a failure that is not continued begins to close the scope. */
export function endMember(draft: Draft, node: Node, at: At, end: Pick<End, 'status' | 'error'>): void {
  if (node.role !== 'member') {
    draft.agenda.add('root');
    return;
  }
  const owner = ownerOf(draft, node, at);
  const scope = scopeOf(draft, owner);
  const state = letterOf(node, end);
  const states = withMember(scope.states, node.position, state);
  if (state === FAILED) {
    const error = scope.error ?? blame(draft, node, at, end);
    const closing = scope.closing ?? (groupOf(draft, owner).failFast ? 'failed' : null);
    setScope(draft, owner, { ...scope, states, error, closing });
    if (closing !== scope.closing) draft.closes(ownerKey(owner));
  } else setScope(draft, owner, { ...scope, states });
  draft.agenda.add(ownerKey(owner));
}

function letterOf(node: Node, end: Pick<End, 'status'>): MemberState {
  switch (end.status) {
    case 'succeeded':
      return SUCCEEDED;
    case 'cancelled':
      return CANCELLED;
    case 'failed':
      return node.onError === 'continue' ? CONTINUED : FAILED;
  }
}

/** The error a scope fails with names the task it came from. */
export function blame(draft: Draft, node: Node, at: At, end: Pick<End, 'error'>): TaskError {
  const error = end.error ?? { code: 'INTERNAL', message: `${node.path} failed without an error` };
  return { ...error, task: error.task ?? pathOf(draft.workflow, { node: node.index, at }) };
}
