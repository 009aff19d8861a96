import { keyOf } from '../../address.js';
import { dispatch } from '../attempts/dispatch.js';
import { goOn } from '../attempts/total-time.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';

/** Somebody does not want to wait for the backoff: the attempt that was to come later comes now. */
export function retryNow(draft: Draft, input: Extract<Input, { kind: 'retry-now' }>): Applied {
  const task = draft.find(input.node, input.at);
  if (task?.status !== 'retrying') return 'stale';
  const now = { ...task, why: { reason: 'operator', askedBy: input.by ?? 'an operator', attempt: task.attempt } } as const;
  if (task.progress === null) dispatch(draft, now);
  else {
    goOn(draft, { ...now, status: 'running', dueAt: null });
    draft.agenda.add(keyOf(task.node, task.at));
  }
  return 'applied';
}
