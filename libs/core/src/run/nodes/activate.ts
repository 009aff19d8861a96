import type { At } from '../../address.js';
import { levelOf } from '../../address.js';
import { parseInstant } from '../../calendar/instant-text.js';
import { parseDuration } from '../../duration.js';
import { evaluateCondition } from '../../expression/index.js';
import { fence as fenceOf } from '../../ids.js';
import type { Json } from '../../json.js';
import { toJsonText } from '../../json.js';
import type { CallWork, FailWork, Node, SleepWork } from '../../workflow/workflow.js';
import { dispatch, scheduleAlarm } from '../attempts/dispatch.js';
import { prepareCall } from '../attempts/prepare-call.js';
import { endInstance, failedWith, succeededWith } from '../ending/end-instance.js';
import { attemptTo, renderAt } from '../expressions/evaluate.js';
import { blankTask, nextTry } from '../state/blank-task.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { variablesFor } from '../state/variables.js';
import { startApproval } from '../waiting/start-approval.js';
import { startChild } from '../waiting/start-child.js';
import { startEmit } from '../waiting/start-emit.js';
import { startWait } from '../waiting/start-wait.js';
import { reopen } from './reopen.js';
import { startGroup } from './start-group.js';
import { startList } from './start-list.js';
import { startRounds } from './start-rounds.js';

/**
 * Starts a member of a scope whose needs have ended: evaluates its condition, expands its list, or starts its one instance.
 * The caller has marked the member open before; one that ends at once tells its scope from in here.
 */
export function startMember(draft: Draft, node: Node, at: At): 'started' | 'skipped' {
  if (node.condition !== null) {
    const condition = node.condition;
    const holds = attemptTo(() => evaluateCondition(condition, variablesFor(draft, { node, at }, condition.references)));
    if (holds.kind === 'error') {
      endInstance(draft, blankTask(draft, node, at), failedWith(holds.error));
      return 'started';
    }
    if (!holds.value) return 'skipped';
  }
  startAt(draft, node, at);
  return 'started';
}

/** Starts what stands at this place: the next level of the node, or its work. Nothing inside starts yet: that is the agenda's. */
export function startAt(draft: Draft, node: Node, at: At): void {
  if (reopen(draft, node, at)) return;
  switch (levelOf(node, at)) {
    case 'forEach':
      return startList(draft, node, at);
    case 'repeat':
    case 'retry':
      return startRounds(draft, node, at);
    case null:
      return startWork(draft, node, at);
  }
}

function startWork(draft: Draft, node: Node, at: At): void {
  const blank = blankTask(draft, node, at);
  const { work } = node;
  switch (work.kind) {
    case 'call':
      return startCall(draft, node, work, blank);
    case 'approval':
      return startApproval(draft, node, work, blank);
    case 'sleep':
      return startSleep(draft, node, work, blank);
    case 'transform': {
      const value = renderAt(draft, node, at, work.value);
      if (value.kind === 'error') return endInstance(draft, blank, failedWith(value.error));
      return endInstance(draft, blank, succeededWith(draft, toJsonText(value.value.value)));
    }
    case 'wait':
      return startWait(draft, node, work, blank);
    case 'child':
      return startChild(draft, node, work, blank);
    case 'emit':
      return startEmit(draft, node, work, blank);
    case 'fail':
      return endInstance(draft, blank, failedWith(purposeOf(draft, node, at, work)));
    case 'group':
      return startGroup(draft, node, work, blank);
  }
}

function purposeOf(draft: Draft, node: Node, at: At, work: FailWork): TaskError {
  const code = renderAt(draft, node, at, work.code);
  if (code.kind === 'error') return code.error;
  const message = renderAt(draft, node, at, work.message);
  if (message.kind === 'error') return message.error;
  return { code: textOf(code.value.value), message: textOf(message.value.value) };
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

function startCall(draft: Draft, node: Node, work: CallWork, blank: TaskState): void {
  const call = prepareCall(draft, node, work, blank);
  if (call.kind === 'error') return endInstance(draft, blank, failedWith(call.error));
  dispatch(draft, nextTry(draft, call.value));
}

function startSleep(draft: Draft, node: Node, work: SleepWork, blank: TaskState): void {
  const rendered = renderAt(draft, node, blank.at, work.until.value);
  if (rendered.kind === 'error') return endInstance(draft, blank, failedWith(rendered.error));
  const dueAt = dueOf(work, rendered.value.value, draft.now);
  if (dueAt === null) {
    const message = `${node.path} cannot sleep ${work.until.kind === 'duration' ? 'for' : 'until'} ${JSON.stringify(rendered.value.value).slice(0, 80)}`;
    return endInstance(draft, blank, failedWith({ code: 'EXPRESSION', message }));
  }
  if (dueAt <= draft.now) return endInstance(draft, blank, { status: 'succeeded', output: null, error: null });
  scheduleAlarm(draft, { ...blank, status: 'waiting', startedAt: draft.now, dueAt, fence: fenceOf(blank.fence + 1) });
}

function dueOf(work: SleepWork, value: Json, now: number): number | null {
  if (typeof value !== 'string') return null;
  if (work.until.kind === 'duration') {
    const duration = parseDuration(value);
    return duration.kind === 'ok' ? now + duration.ms : null;
  }
  return parseInstant(value);
}
