import { pathOf } from '../../address.js';
import { evaluateCondition } from '../../expression/index.js';
import { fence as fenceOf } from '../../ids.js';
import { type Json, toJsonText } from '../../json.js';
import { correlationKey } from '../../topic.js';
import type { Node, WaitWork } from '../../workflow/workflow.js';
import { comeBack } from '../attempts/come-back.js';
import { scheduleAlarm } from '../attempts/dispatch.js';
import { endInstance, failedWith, succeededWith } from '../ending/end-instance.js';
import { attemptTo, renderAt } from '../expressions/evaluate.js';
import { renderGiven } from '../expressions/render-duration.js';
import type { Draft } from '../state/draft.js';
import type { KeptEvent } from '../state/kept-event.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState, WaitProgress } from '../state/task-state.js';
import { variablesFor } from '../state/variables.js';

/** A run is dated by a clock that follows the database's: an event that somebody sent because of the run must not seem older. */
const CLOCKS_MS = 50;

/** From here on events are told to this row; those that came before are looked for when its subscription is written. */
export function startWait(draft: Draft, node: Node, work: WaitWork, blank: TaskState): void {
  const rendered = renderAt(draft, node, blank.at, work.key);
  if (rendered.kind === 'error') return endInstance(draft, blank, failedWith(rendered.error));
  const key = correlationKey(rendered.value.value);
  if (key === null) {
    const got = JSON.stringify(rendered.value.value).slice(0, 80);
    const message = `key of ${node.path} must be text of 1 to 512 printable characters, a number, true or false, got ${got}`;
    return endInstance(draft, blank, failedWith({ code: 'EXPRESSION', message }));
  }
  const window = renderGiven(draft, node, blank.at, 'window', work.window);
  if (window.kind === 'error') return endInstance(draft, blank, failedWith(window.error));
  const timeout = renderGiven(draft, node, blank.at, 'timeout', work.timeout);
  if (timeout.kind === 'error') return endInstance(draft, blank, failedWith(timeout.error));
  const since = window.value === null ? draft.run.createdAt - CLOCKS_MS : draft.now - window.value;
  const progress: WaitProgress = { kind: 'wait', key, since, taken: [], refused: 0, problem: null };
  const dueAt = timeout.value === null ? null : draft.now + timeout.value;
  rest(draft, { ...blank, status: 'waiting', startedAt: draft.now, dueAt, fence: fenceOf(blank.fence + 1), progress });
}

/**
 * Whether an instance began to wait in the decision made at `now`, epoch milliseconds. A decision that ends something which may be undone
 * goes on a moment later than it began, so what it begins may be later than `now`.
 */
export const hasJustBegun = ({ status, startedAt }: TaskState, now: number): boolean =>
  status === 'waiting' && startedAt !== null && startedAt >= now;

/** Its timeout wakes it, if it has one; else only events do. */
function rest(draft: Draft, task: TaskState): void {
  if (task.dueAt === null) draft.put({ ...task, watchAt: null });
  else if (task.watchAt === null || task.watchAt <= draft.now) scheduleAlarm(draft, task);
  else draft.put(task);
}

/** Somebody knocked, or the time is up: takes the events that are there, oldest first, until it has enough. */
export function lookForEvents(draft: Draft, task: TaskState, work: WaitWork, before: WaitProgress): void {
  const { events, more } = draft.eventsFor({
    node: task.node,
    at: task.at,
    fence: task.fence,
    pattern: work.pattern,
    match: work.match.source,
    key: before.key,
    since: before.since,
  });
  const progress = takeFrom(draft, task, work, before, events);
  const { taken } = progress;
  const ended: TaskState = { ...task, progress: null };
  const text = toJsonText(work.count === 1 ? (taken[0] ?? null) : taken);
  const isTooLarge = Buffer.byteLength(text) > draft.moment.limits.maxOutputBytes;
  if (taken.length >= work.count || isTooLarge) endInstance(draft, ended, succeededWith(draft, text));
  else if (more) comeBack(draft, { ...task, progress });
  else if (task.dueAt !== null && task.dueAt <= draft.now)
    endInstance(draft, ended, failedWith(tooLate(draft, task, work, progress)));
  else rest(draft, { ...task, progress });
}

/** An event that came when the time was up does not count, however late anybody looks. */
function takeFrom(
  draft: Draft,
  task: TaskState,
  work: WaitWork,
  before: WaitProgress,
  events: readonly KeptEvent[],
): WaitProgress {
  let progress = before;
  for (const { number, event, receivedAt } of events) {
    if (progress.taken.length >= work.count) break;
    if (receivedAt > (task.dueAt ?? Infinity) || draft.hasSeen(task, number)) continue;
    const verdict = judgeEvent(draft, task, work, event);
    draft.see({ node: task.node, at: task.at, fence: task.fence, number, taken: verdict === null });
    progress =
      verdict === null
        ? { ...progress, taken: [...progress.taken, event] }
        : { ...progress, refused: progress.refused + 1, problem: verdict };
  }
  return progress;
}

/** null: it counts. Else why not; an `if` that fails on somebody's event is no reason to fail the run. */
function judgeEvent(draft: Draft, task: TaskState, { condition }: WaitWork, event: Json): string | null {
  if (condition === null) return null;
  const place = { node: draft.node(task.node), at: task.at };
  const variables = variablesFor(draft, place, condition.references);
  const holds = attemptTo(() => evaluateCondition(condition, { ...variables, event }));
  if (holds.kind === 'error') return `EXPRESSION: ${holds.error.message}`.slice(0, 500);
  return holds.value ? null : `if: ${condition.source.slice(0, 400)} is false`;
}

function tooLate(draft: Draft, task: TaskState, work: WaitWork, { key, taken, refused, problem }: WaitProgress): TaskError {
  const came = work.count === 1 ? 'no event' : `${taken.length} of ${work.count} events`;
  const others = refused === 0 ? '' : `; ${refused} did not count, the last because of ${problem}`;
  const message = `${pathOf(draft.workflow, task)}: ${came} of type ${work.pattern} with key ${JSON.stringify(key)} came in time${others}`;
  return { code: 'TIMEOUT', message, details: { kind: 'wait', taken: taken.length, refused } };
}
