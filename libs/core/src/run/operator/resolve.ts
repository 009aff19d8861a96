import type { JsonText } from '../../json.js';
import { NO_MEMORY } from '../../retry/index.js';
import { callOf } from '../attempts/call-of.js';
import { dispatch } from '../attempts/dispatch.js';
import { prepareCall } from '../attempts/prepare-call.js';
import { endInstance, succeededWith } from '../ending/end-instance.js';
import { park } from '../ending/park.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import { guardResolved, isOpen } from '../state/guard.js';
import type { Input } from '../state/input.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { errorVariable } from '../state/variables.js';

type Resolve = Extract<Input, { kind: 'resolve' }>;

/** A person says what a parked task has come to. They know what the ledger cannot: a doubt ends with what they say. */
export function resolve(draft: Draft, input: Resolve): Applied {
  const task = draft.find(input.node, input.at);
  if (task?.status !== 'parked') return 'stale';
  switch (input.outcome) {
    case 'succeeded': {
      const end = succeededWith(draft, input.output ?? ('null' as JsonText));
      if (end.status === 'failed') return 'stale';
      findOut(draft, task, input);
      endInstance(draft, task, end);
      return 'applied';
    }
    case 'failed':
      findOut(draft, task, input);
      endInstance(draft, { ...task, memory: withoutDoubt(task) }, failedBy(task, input));
      return 'applied';
    case 'retry':
      findOut(draft, task, input);
      tryAgain(draft, task, input);
      return 'applied';
  }
}

/** Its effects are what the person says they are; who has it tried again says of all others that they have not happened. */
function findOut(draft: Draft, task: TaskState, { outcome, by, effects: findings = [] }: Resolve): void {
  const othersNot = outcome === 'retry' && isOpen(task.guard);
  if (findings.length > 0 || othersNot) draft.effects.push({ node: task.node, at: task.at, findings, othersNot, by });
}

function withoutDoubt({ memory }: TaskState): TaskState['memory'] {
  if (memory === null) return null;
  const { doubt: _doubt, ...rest } = memory;
  return rest;
}

function failedBy(task: TaskState, { by, reason }: Resolve) {
  const message = `${by ?? 'an operator'} resolved it as failed${reason === null ? '' : `: ${reason}`}`;
  const error: TaskError = { code: 'RESOLVED', message, details: { by, reason, parked: errorVariable(task.error) } };
  return { status: 'failed', output: null, error, byHand: true } as const;
}

/** As if it had never been tried, but for its attempts' numbers, and for what one of them may have done. */
function tryAgain(draft: Draft, task: TaskState, { by }: Resolve): void {
  const work = callOf(draft, task);
  const memory = task.memory?.doubt === true ? { ...NO_MEMORY, doubt: true as const } : null;
  const fresh: TaskState = { ...task, memory, guard: guardResolved(task.guard), error: null, queueUntil: null };
  const call = task.attempt === 0 ? prepareCall(draft, draft.node(task.node), work, fresh) : null;
  if (call?.kind === 'error') return park(draft, fresh, call.error);
  const ready = call?.value ?? { ...fresh, totalUntil: work.timeout.totalMs === null ? null : draft.now + work.timeout.totalMs };
  const why = { reason: 'operator', askedBy: by ?? 'an operator', attempt: task.attempt + 1 } as const;
  dispatch(draft, { ...ready, attempt: why.attempt, why });
}
