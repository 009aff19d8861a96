import { pathOf } from '../../address.js';
import type { RunId } from '../../ids.js';
import { fence as fenceOf } from '../../ids.js';
import type { Json, JsonText } from '../../json.js';
import { toJsonText } from '../../json.js';
import type { ChildWork, Node } from '../../workflow/workflow.js';
import { earliest } from '../attempts/dispatch.js';
import { isTimeOver, ringTotal, timeIsOver, totalFrom } from '../attempts/total-time.js';
import type { End } from '../ending/end.js';
import { endInstance, failedWith, succeededWith } from '../ending/end-instance.js';
import { renderAt } from '../expressions/evaluate.js';
import { childRunId } from '../state/child-run-id.js';
import type { Applied, ChildState } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import type { TaskError } from '../state/outcome.js';
import { hasRunEnded } from '../state/status.js';
import type { ChildProgress, TaskState } from '../state/task-state.js';
import { NeedsMore } from '../state/wants.js';

/** The instance waits for a run of its own. The trigger starts that, in a transaction that holds this row. */
export function startChild(draft: Draft, node: Node, work: ChildWork, blank: TaskState): void {
  const input = work.with === null ? null : renderAt(draft, node, blank.at, work.with);
  if (input?.kind === 'error') return endInstance(draft, blank, failedWith(input.error));
  const text = input === null ? ('{}' as JsonText) : toJsonText(input.value.value);
  const bytes = Buffer.byteLength(text);
  const limit = draft.moment.limits.maxInputBytes;
  if (bytes > limit) {
    const message = `the input of ${node.path} has ${bytes} bytes, more than the limit of ${limit}`;
    return endInstance(draft, blank, failedWith({ code: 'INVALID_INPUT', message }));
  }
  const total = totalFrom(draft, node, blank.at);
  if (total.kind === 'error') return endInstance(draft, blank, failedWith(total.error));
  const fence = fenceOf(blank.fence + 1);
  const run = childRunId(draft.run.id, blank, fence, draft.now);
  const progress: ChildProgress = { kind: 'child', run, workflow: work.workflow, since: draft.now };
  const task: TaskState = {
    ...blank,
    status: 'waiting',
    startedAt: draft.now,
    fence,
    input: text,
    totalUntil: total.value,
    progress,
  };
  sendForChild(draft, task, progress);
}

const OVERDUE_MS = 10_000;
/** A child that goes on will tell its end until it is heard; this is for a broker that has lost everything. */
const LONG_WATCH_MS = 10 * 60_000;

/** Asks for the child's start, and for another look after as long again: a queue that is long must not be made longer. */
function sendForChild(draft: Draft, task: TaskState, { since }: ChildProgress): void {
  const { node, at, fence } = task;
  const waitedMs = draft.now - since;
  watchChild(draft, task, Math.min(LONG_WATCH_MS, Math.max(OVERDUE_MS, waitedMs)));
  draft.send({ kind: 'start-child', node, at, fence });
}

/** Looked at after this long, or when its time is over. */
function watchChild(draft: Draft, task: TaskState, afterMs: number): void {
  draft.put({ ...task, watchAt: earliest(draft.now + afterMs, ringTotal(draft, task)) });
}

/** What has become of the child? Its row says, however late anybody looks: a child that has ended counts as it ended. Under the lock of this one nobody can start it meanwhile. */
export function lookAtChild(draft: Draft, task: TaskState, progress: ChildProgress): Applied {
  const { run } = progress;
  const child = childOf(draft, run);
  if (child === null) {
    if (task.cancelling) endInstance(draft, task, { status: 'cancelled', output: null, error: null });
    else if (isTimeOver(draft, task)) endInstance(draft, task, failedWith(timeIsOver(draft, task)));
    else sendForChild(draft, task, progress);
  } else if (hasRunEnded(child.status)) endInstance(draft, task, endOf(draft, task, progress, child));
  else if (task.cancelling) askToStop(draft, task, run);
  else if (isTimeOver(draft, task)) askToStop(draft, { ...task, progress: { ...progress, timedOut: true } }, run);
  else watchChild(draft, task, LONG_WATCH_MS);
  return 'applied';
}

/** null: it was not started; in a run's first decision nothing was. */
function childOf(draft: Draft, run: RunId): ChildState | null {
  const child = draft.isFresh ? null : draft.loaded.children.get(run);
  if (child === undefined) throw new NeedsMore({ children: [run] });
  return child;
}

/** A child that was never started never will be; one that has ended counts as it ended; any other is asked to stop. */
export function cancelChild(draft: Draft, task: TaskState, progress: ChildProgress): void {
  lookAtChild(draft, { ...task, cancelling: true }, progress);
}

function askToStop(draft: Draft, task: TaskState, child: RunId): void {
  const { node, at, fence } = task;
  draft.put({ ...task, watchAt: draft.now + LONG_WATCH_MS });
  draft.send({ kind: 'cancel-child', node, at, fence, child });
}

/** The trigger could not start it. One that runs nevertheless was started by a later message than the one that was refused. */
export function refuseChild(draft: Draft, input: Extract<Input, { kind: 'refused' }>): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.status !== 'waiting' || task.fence !== input.fence || task.progress?.kind !== 'child') return 'stale';
  if (childOf(draft, task.progress.run) !== null) return 'stale';
  endInstance(draft, task, failedWith(input.error));
  return 'applied';
}

function endOf(draft: Draft, task: TaskState, { run, workflow, timedOut }: ChildProgress, child: ChildState): End {
  if (child.status === 'succeeded') {
    return child.output === null ? { status: 'succeeded', output: null, error: null } : succeededWith(draft, child.output);
  }
  const { code, message, ...rest } = child.error ?? { code: 'CANCELLED', message: 'without saying why' };
  const details: Json = { run, task: rest.task ?? null, details: rest.details ?? null };
  const what = child.status === 'failed' ? 'failed' : 'was cancelled';
  const error = { code, message: `run ${run} of ${workflow} ${what}: ${message}`, details, task: pathOf(draft.workflow, task) };
  if (timedOut === true && !task.cancelling) return failedWith(stopped(timeIsOver(draft, task), run, what));
  return task.cancelling ? { status: 'cancelled', output: null, error } : failedWith(error);
}

/** Whatever it says itself: that it was asked to stop is why it ended. */
const stopped = ({ code, message }: TaskError, run: RunId, what: string): TaskError => ({
  code,
  message: `${message}; run ${run} ${what}`,
  details: { kind: 'total', run },
});
