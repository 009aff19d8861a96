import { dependencyOf } from '../../admission/index.js';
import { fence as fenceOf } from '../../ids.js';
import { type HoldReason, holdDelay } from '../../retry/index.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import type { TaskState } from '../state/task-state.js';
import { callOf } from './call-of.js';
import { dispatch, scheduleAlarm } from './dispatch.js';
import { underHolds } from './why-made.js';

/** Nobody could take the attempt: it goes back uncounted, under the same number. */
export function hold(draft: Draft, input: Extract<Input, { kind: 'hold' }>): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.status !== 'ready' || task.fence !== input.fence) return 'stale';
  if (isForLedger(draft, task, input.reason)) {
    dispatch(draft, task, input.reason);
    return 'applied';
  }
  const held = holdDelay(input.reason, task.memory);
  draft.facts.push({ kind: 'retry', node: task.node, reason: input.reason });
  const dueAt = Math.min(draft.now + held.delayMs, task.queueUntil ?? Infinity, task.totalUntil ?? Infinity);
  scheduleAlarm(draft, {
    ...task,
    status: 'retrying',
    dueAt,
    memory: held.memory,
    why: { ...held.why, before: underHolds(task.why) },
    fence: fenceOf(task.fence + 1),
  });
  return 'applied';
}

/** An executor cannot say how long it must wait, but the ledger can. A limit that this scheduler has not heard of yet is waited for. */
function isForLedger(draft: Draft, task: TaskState, reason: HoldReason): boolean {
  const { guards } = draft.moment;
  if (reason === 'BREAKER_OPEN') return guards !== undefined && dependencyOf(callOf(draft, task), guards.dependencies) !== null;
  return isForLimit(reason) && (guards?.limitsOf(callOf(draft, task).call) ?? null) !== null;
}

const isForLimit = (reason: HoldReason): boolean => reason === 'RATE_LIMIT' || reason === 'CONCURRENCY';
