import { fence as fenceOf } from '../../ids.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';

/** Nothing more happens to it by itself: a person resolves it. Under a new fence, so that nobody of before is heard. */
export function park(draft: Draft, task: TaskState, error: TaskError): void {
  draft.facts.push({ kind: 'parked', node: task.node });
  // What else is to be undone does not wait for the person.
  if (draft.node(task.node).role === 'compensation') draft.agenda.add('root');
  draft.put({
    ...task,
    status: 'parked',
    error,
    claim: null,
    leaseUntil: null,
    dueAt: null,
    watchAt: null,
    queueUntil: null,
    recorded: null,
    fence: fenceOf(task.fence + 1),
  });
}
