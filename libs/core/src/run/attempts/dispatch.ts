import { fence } from '../../ids.js';
import type { HoldReason } from '../../retry/index.js';
import { laneKey } from '../../workflow/lane.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';
import { admitAttempt, queueEnd } from './admit.js';
import { callOf } from './call-of.js';
import { chooseLane } from './choose-lane.js';

const TICKET_OVERDUE_MS = 10_000;
/** How long after its due time an alarm may ring before the watch looks. */
const ALARM_OVERDUE_MS = 2_000;
/** Longer waits stay in the ledger and go onto the delay wheel this long before they are due. */
export const WHEEL_HORIZON_MS = 15 * 60_000;
const WHEEL_LEAD_MS = 60_000;

/** A ready attempt that nobody has claimed by then may have lost its message: the watch looks. */
const overdueAt = (draft: Draft): number => draft.now + (draft.moment.limits.overdueMs ?? TICKET_OVERDUE_MS);

export const earliest = (...instants: readonly (number | null)[]): number =>
  Math.min(...instants.filter((instant): instant is number => instant !== null));

/** Makes an attempt ready for its queue, under a new fence. `task.attempt` and `task.why` are the new attempt's. `sentBack`: why an executor did not take it. */
export function dispatch(draft: Draft, task: TaskState, sentBack: HoldReason | null = null): void {
  const work = callOf(draft, task);
  const may = admitAttempt(draft, task, work, sentBack);
  if (may.kind === 'never') return endInstance(draft, task, failedWith(may.error));
  if (may.kind === 'later') return scheduleAlarm(draft, may.task);
  const queueUntil = queueEnd(draft, task, work);
  const ready: TaskState = {
    ...may.task,
    status: 'ready',
    fence: fence(task.fence + 1),
    claim: null,
    executor: null,
    queue: laneKey(work.queue, chooseLane(draft, task, work)),
    leaseUntil: null,
    startedAt: null,
    dueAt: null,
    recorded: null,
    queuedAt: draft.now,
    queueUntil,
    watchAt: earliest(overdueAt(draft), queueUntil, task.totalUntil),
  };
  draft.put(ready);
  draft.send({ kind: 'dispatch', task: ready });
}

/** Sends a ready attempt's message once more, under the same fence: a duplicate is harmless. */
export function redispatch(draft: Draft, task: TaskState): void {
  const again: TaskState = { ...task, watchAt: earliest(overdueAt(draft), task.queueUntil, task.totalUntil) };
  draft.put(again);
  draft.send({ kind: 'dispatch', task: again });
}

/** Stores a waiting row and sets its alarm. Beyond the wheel's horizon the row itself is the alarm, seen by the watch. */
export function scheduleAlarm(draft: Draft, task: TaskState): void {
  if (task.dueAt === null) throw new Error(`run ${draft.run.id}: an alarm needs a due time`);
  draft.put({ ...task, watchAt: ringAt(draft, task, task.dueAt) });
}

/** Sends an alarm for the row; returns when the watch must look at it at the latest. */
export function ringAt(draft: Draft, { node, at, fence }: TaskState, dueAt: number): number {
  if (dueAt - draft.now > WHEEL_HORIZON_MS) return dueAt - WHEEL_LEAD_MS;
  draft.send({ kind: 'alarm', node, at, fence, dueAt });
  return dueAt + ALARM_OVERDUE_MS;
}
