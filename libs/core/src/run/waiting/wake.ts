import { keyOf } from '../../address.js';
import { dispatch, redispatch, scheduleAlarm } from '../attempts/dispatch.js';
import { expire, judge, judgeLoss } from '../attempts/judge-outcome.js';
import { isTimeOver, keepTime } from '../attempts/total-time.js';
import { endInstance } from '../ending/end-instance.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import type { TaskState } from '../state/task-state.js';
import { wakeApproval } from './await-answer.js';
import { lookAtChild } from './start-child.js';
import { emitAgain } from './start-emit.js';
import { lookForEvents } from './start-wait.js';

/** An alarm rang, or the watch saw that this row's time had come. What it means is read from the row, never from the message. */
export function wake(draft: Draft, input: Extract<Input, { kind: 'wake' }>, unit: number): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.fence !== input.fence) return 'stale';
  switch (task.status) {
    case 'retrying':
      if (task.progress?.kind === 'rounds') return wakeRounds(draft, task);
      return wakeRetrying(draft, task);
    case 'waiting':
      if (task.progress?.kind === 'rounds') return wakeRounds(draft, task);
      if (task.progress?.kind === 'child') return lookAtChild(draft, task, task.progress);
      if (task.progress?.kind === 'approval') return wakeApproval(draft, task, task.progress);
      return wakeWaiting(draft, task);
    case 'ready':
      return wakeReady(draft, task);
    case 'running':
      return wakeRunning(draft, task, unit);
    case 'pending':
    case 'parked':
    case 'succeeded':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return 'stale';
  }
}

const isOver = (instant: number | null, now: number): boolean => instant !== null && instant <= now;

function wakeRetrying(draft: Draft, task: TaskState): Applied {
  if (isTimeOver(draft, task)) expire(draft, task, 'total');
  else if (isOver(task.queueUntil, draft.now)) expire(draft, task, 'queue');
  else if (task.dueAt !== null && task.dueAt <= draft.now) {
    draft.facts.push({ kind: 'late', latenessMs: draft.now - task.dueAt });
    dispatch(draft, task);
  } else if (task.why?.reason === 'hold' && task.why.hold === 'CONCURRENCY') {
    // Told before its time: there may be a place for it now.
    dispatch(draft, task);
  } else scheduleAlarm(draft, task);
  return 'applied';
}

/** What a waiting row waits for is looked at: the time, an event, the broker's word. */
function wakeWaiting(draft: Draft, task: TaskState): Applied {
  const { work } = draft.node(task.node);
  if (task.progress?.kind === 'wait' && work.kind === 'wait') lookForEvents(draft, task, work, task.progress);
  else if (task.progress?.kind === 'emit') emitAgain(draft, task, task.progress);
  else if (isOver(task.dueAt, draft.now)) endInstance(draft, task, { status: 'succeeded', output: null, error: null });
  else scheduleAlarm(draft, task);
  return 'applied';
}

/** The wait before the next round, or before the next attempt of a group. */
function wakeRounds(draft: Draft, task: TaskState): Applied {
  const isDue = isOver(task.dueAt, draft.now) || isTimeOver(draft, task);
  if (!isDue) scheduleAlarm(draft, task);
  else {
    keepTime(draft, { ...task, status: 'running', dueAt: null });
    draft.agenda.add(keyOf(task.node, task.at));
  }
  return 'applied';
}

function wakeReady(draft: Draft, task: TaskState): Applied {
  if (isTimeOver(draft, task)) expire(draft, task, 'total');
  else if (isOver(task.queueUntil, draft.now)) expire(draft, task, 'queue');
  else redispatch(draft, task);
  return 'applied';
}

function wakeRunning(draft: Draft, task: TaskState, unit: number): Applied {
  if (task.progress !== null) {
    keepTime(draft, task);
    draft.agenda.add(keyOf(task.node, task.at));
    return 'applied';
  }
  if (task.recorded !== null) judge(draft, task, task.recorded, unit);
  else if (isOver(task.leaseUntil, draft.now)) judgeLoss(draft, task, unit);
  else return 'stale';
  return 'applied';
}
