import { keyOf, pathOf } from '../../address.js';
import { formatDuration } from '../../duration.js';
import type { Json } from '../../json.js';
import { toJsonText } from '../../json.js';
import type { ApprovalWork } from '../../workflow/workflow.js';
import { scheduleAlarm } from '../attempts/dispatch.js';
import { endInstance, failedWith, succeededWith } from '../ending/end-instance.js';
import type { ApprovalAnswer, ApprovalState } from '../state/approval.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { ApprovalProgress, TaskState } from '../state/task-state.js';
import { NeedsMore } from '../state/wants.js';

/** Stores the row with an alarm for its next reminder, escalation or end. Without any, only an answer moves it, and that leaves a notice. */
export function awaitAnswer(draft: Draft, work: ApprovalWork, task: TaskState, progress: ApprovalProgress): void {
  const dueAt = nextDue(work, progress);
  if (dueAt === null) draft.put({ ...task, progress, dueAt: null, watchAt: null });
  else scheduleAlarm(draft, { ...task, progress, dueAt });
}

/** Somebody has answered, or the next thing is due. What people have decided counts, however late it is looked at. */
export function wakeApproval(draft: Draft, task: TaskState, progress: ApprovalProgress): Applied {
  const work = workOf(draft, task);
  const state = stateOf(draft, task);
  const { expireMs } = progress.times;
  if (state.kind === 'decided') endInstance(draft, task, succeededWith(draft, toJsonText(outputOf(state))));
  else if (work.expire !== null && expireMs !== null && isPast(draft, progress, expireMs))
    expire(draft, work.expire, expireMs, task);
  else awaitAnswer(draft, work, task, remind(draft, work, task, escalate(draft, task, progress)));
  return 'applied';
}

/** The task ends without a decision: whoever answers from now on is told so. */
export function closeApproval(draft: Draft, { node, at, fence }: TaskState): void {
  draft.approvals.push({ kind: 'close', node, at, fence });
}

/** What people have said by now. */
function stateOf(draft: Draft, { node, at }: TaskState): ApprovalState {
  const key = keyOf(node, at);
  const state = draft.loaded.approvals.get(key);
  if (state === undefined) throw new NeedsMore({ approvals: [{ node, at }] });
  if (state === null) throw new Error(`run ${draft.run.id}: nobody was asked about ${key}, though its row says so`);
  return state;
}

function workOf(draft: Draft, task: TaskState): ApprovalWork {
  const { work } = draft.node(task.node);
  if (work.kind !== 'approval')
    throw new Error(`run ${draft.run.id}: ${keyOf(task.node, task.at)} asks people, its task does not`);
  return work;
}

function nextDue({ remind }: ApprovalWork, { askedAt, reminders, escalateTo, times }: ApprovalProgress): number | null {
  const { remindMs, everyMs, escalateMs, expireMs } = times;
  const afterMs: number[] = [];
  if (remind !== null && remindMs !== null && reminders < remind.maximum) afterMs.push(remindMs + reminders * (everyMs ?? 0));
  if (escalateMs !== null && escalateTo !== null) afterMs.push(escalateMs);
  if (expireMs !== null) afterMs.push(expireMs);
  return afterMs.length === 0 ? null : askedAt + Math.min(...afterMs);
}

const isPast = (draft: Draft, { askedAt }: ApprovalProgress, afterMs: number | null): boolean =>
  afterMs !== null && askedAt + afterMs <= draft.now;

function escalate(draft: Draft, { node, at, fence }: TaskState, progress: ApprovalProgress): ApprovalProgress {
  const { escalateTo } = progress;
  if (escalateTo === null || !isPast(draft, progress, progress.times.escalateMs)) return progress;
  draft.approvals.push({ kind: 'escalate', node, at, fence, to: escalateTo });
  return { ...progress, escalateTo: null };
}

/** After a standstill the last reminder stands for all that came due meanwhile. */
function remind(draft: Draft, work: ApprovalWork, { node, at, fence }: TaskState, progress: ApprovalProgress): ApprovalProgress {
  const { remindMs, everyMs } = progress.times;
  if (work.remind === null || remindMs === null) return progress;
  const { maximum } = work.remind;
  const elapsedMs = draft.now - progress.askedAt - remindMs;
  const further = everyMs === null ? 0 : Math.floor(elapsedMs / everyMs);
  const number = elapsedMs < 0 ? 0 : Math.min(maximum, 1 + further);
  if (number <= progress.reminders) return progress;
  draft.approvals.push({ kind: 'remind', node, at, fence, number });
  return { ...progress, reminders: number };
}

function expire(draft: Draft, { decision }: NonNullable<ApprovalWork['expire']>, afterMs: number, task: TaskState): void {
  const { node, at, fence } = task;
  draft.approvals.push({ kind: 'expire', node, at, fence, decision });
  if (decision === 'fail') {
    const message = `nobody decided about ${pathOf(draft.workflow, task)} within ${formatDuration(afterMs)}`;
    return endInstance(draft, task, failedWith({ code: 'TIMEOUT', message, details: { kind: 'wait' } }));
  }
  const output = { decision, by: null, at: new Date(draft.now).toISOString(), form: null, comment: null, approvals: [] };
  endInstance(draft, task, succeededWith(draft, toJsonText(output)));
}

function outputOf({ last, approvals }: Extract<ApprovalState, { kind: 'decided' }>): Json {
  return { decision: last.decision, ...answerJson(last), approvals: approvals.map(answerJson) };
}

const answerJson = ({ by, at, form, comment }: ApprovalAnswer) => ({ by, at: new Date(at).toISOString(), form, comment });
