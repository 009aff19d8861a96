import { pathOf } from '../../address.js';
import { evaluateCondition } from '../../expression/index.js';
import { fence as fenceOf } from '../../ids.js';
import { parseJsonText } from '../../json.js';
import type { RetryMemory, Why } from '../../retry/index.js';
import { decideRetry, NO_MEMORY, resolveRetry } from '../../retry/index.js';
import { inDoubt, leavesDoubt } from '../ending/doubt.js';
import { endInstance } from '../ending/end-instance.js';
import { park } from '../ending/park.js';
import { attemptTo } from '../expressions/evaluate.js';
import type { Applied, AttemptRecord } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import { doubtAction, guardBetween, isOpen } from '../state/guard.js';
import type { Input } from '../state/input.js';
import type { Outcome, TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { variablesFor } from '../state/variables.js';
import { callOf } from './call-of.js';
import { dispatch, scheduleAlarm } from './dispatch.js';
import { leaveInDoubt } from './leave-in-doubt.js';
import { markAnswered } from './mark-answered.js';
import { noteCall } from './note-call.js';
import { recordAttempt } from './record-attempt.js';
import { deadlineOf, isTimeOver, timeIsOver } from './total-time.js';

const LOOKED_AWAY: TaskError = {
  code: 'UNSETTLED_EFFECT',
  message: 'its handler has returned although one of its effects is in doubt',
};

type OutcomeInput = Extract<Input, { kind: 'outcome' }>;

/** An executor has answered. Only the holder of the fence and the claim is heard. */
export function judgeOutcome(draft: Draft, input: OutcomeInput, unit: number): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.status !== 'running' || task.fence !== input.fence || task.claim !== input.claim) return 'stale';
  // What is in the row was committed with the effect: a timeout that was reported while the commit was under way must not undo it.
  judge(draft, task, task.recorded ?? input.outcome, unit);
  return 'applied';
}

export function judge(draft: Draft, task: TaskState, outcome: Outcome, unit: number): void {
  switch (outcome.kind) {
    case 'succeeded': {
      const problem = unexpectedResult(draft, task, outcome);
      if (problem === null) return succeed(draft, task, outcome);
      const action = doubtAction(task.guard);
      // What it was to do once is done, but not as it should be: to do it again would not mend that.
      if (action !== 'again') return endInDoubt(draft, task, action, problem);
      const retryable = problem.code === 'EXPRESSION' ? false : null;
      const { handlerRetry = {} } = outcome;
      return judgeFailure(draft, task, { kind: 'failed', error: problem, retryable, retryAfterMs: null, handlerRetry }, unit);
    }
    case 'failed':
      return judgeFailure(draft, task, outcome, unit);
    case 'cancelled':
      return judgeCancelled(draft, task);
  }
}

function judgeCancelled(draft: Draft, task: TaskState): void {
  noteCall(draft, task, 'unheard', null);
  if (task.cancelling) return endCancelled(draft, inDoubt(draft, task), 'cancelled');
  const action = doubtAction(task.guard);
  if (action === 'again') return handBack(draft, task);
  leaveInDoubt(draft, task, action, { code: 'CANCELLED', message: `attempt ${task.attempt} was stopped with its executor` });
}

/** Nobody asked for it: the executor was stopped in an orderly way. The next attempt costs no budget and waits for nothing. */
function handBack(draft: Draft, task: TaskState): void {
  if (isTimeOver(draft, task)) return expire(draft, task, 'total');
  const why: Why = { reason: 'handed-back', executor: task.executor, attempt: task.attempt };
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: 'cancelled', fromLedger: false });
  draft.attempts.push(record(draft, task, 'cancelled', null, why));
  const guard = guardBetween(task.guard);
  const doubted = inDoubt(draft, task);
  const before = doubted.memory ?? NO_MEMORY;
  // The time of all attempts together runs from the first one's start, whoever ended that.
  const memory = { ...before, firstStartedAt: before.firstStartedAt ?? task.startedAt };
  dispatch(draft, { ...doubted, attempt: task.attempt + 1, memory, guard, why, queueUntil: null });
}

function succeed(draft: Draft, task: TaskState, outcome: Extract<Outcome, { kind: 'succeeded' }>): void {
  // Its handler has looked away: one of its effects is as open as before, and may not be left so.
  if (isOpen(task.guard) && task.guard !== 'open-retry')
    return endInDoubt(draft, task, task.guard === 'open-fail' ? 'fail' : 'park', LOOKED_AWAY);
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: 'succeeded', fromLedger: outcome.fromLedger === true });
  if (outcome.fromLedger !== true) noteCall(draft, task, 'answered', null);
  const done = markAnswered(draft, task, outcome.owner ?? null);
  if (task.attempt > 1) draft.attempts.push(record(draft, done, 'succeeded', null, null));
  endInstance(draft, done, { status: 'succeeded', output: outcome.output, error: null });
}

/** Its handler has answered, and yet it is not known whether all is as it should be. */
function endInDoubt(draft: Draft, task: TaskState, action: 'park' | 'fail', cause: TaskError): void {
  noteCall(draft, task, 'answered', null);
  if (task.cancelling) return endCancelled(draft, inDoubt(draft, task), 'in_doubt', cause);
  leaveInDoubt(draft, task, action, cause);
}

/** `succeedWhen`: failure detection by result. */
function unexpectedResult(draft: Draft, task: TaskState, outcome: Extract<Outcome, { kind: 'succeeded' }>): TaskError | null {
  const node = draft.node(task.node);
  const condition = callOf(draft, task).succeedWhen;
  if (condition === null) return null;
  const variables = variablesFor(draft, { node, at: task.at }, condition.references);
  const holds = attemptTo(() => evaluateCondition(condition, { ...variables, output: parseJsonText(outcome.output) }));
  if (holds.kind === 'error') return holds.error;
  if (holds.value) return null;
  const message = `the result does not satisfy succeedWhen: ${condition.source}`;
  return { code: 'UNEXPECTED_RESULT', message, details: { output: outcome.output.slice(0, 1_000) } };
}

function judgeFailure(draft: Draft, held: TaskState, failure: Extract<Outcome, { kind: 'failed' }>, unit: number): void {
  const { guard } = held;
  const isKnown = failure.happened === false && !isOpen(guard);
  const action = isKnown ? 'again' : doubtAction(guard);
  const isUnclear = isOpen(guard) || action !== 'again' || leavesDoubt(failure.error);
  const task = isUnclear ? inDoubt(draft, held) : held;
  const ended = failure.error.code === 'TIMEOUT' ? 'timeout' : 'failed';
  if (task.cancelling || action !== 'again') noteCall(draft, task, task.cancelling ? 'unheard' : 'failed', failure.error.code);
  if (task.cancelling) return endCancelled(draft, task, ended, failure.error);
  if (action !== 'again') return leaveInDoubt(draft, task, action, failure.error);
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: ended, fromLedger: false });
  const isFinal = kindOf(failure.error) === 'total' || kindOf(failure.error) === 'queue';
  const verdict = decideRetry({
    policy: resolveRetry(callOf(draft, task).retry, failure.handlerRetry),
    memory: task.memory,
    failure: {
      kind: 'failed',
      // What its error means is for when it is known whether it happened at all.
      code: isOpen(guard) ? 'IN_DOUBT' : failure.error.code,
      retryable: isFinal ? false : isOpen(guard) ? null : failure.retryable,
      retryAfterMs: failure.retryAfterMs,
    },
    attempt: task.attempt,
    startedAt: task.startedAt,
    now: draft.now,
    deadlineAt: deadlineOf(draft, task),
    unit,
  });
  draft.attempts.push(record(draft, task, ended, failure.error, verdict.why));
  // A dependency that says no is alive.
  const isAnswer = verdict.kind === 'exhausted' && (verdict.reason === 'non-retryable' || verdict.reason === 'not-in-retryOn');
  noteCall(draft, task, isAnswer && !isFinal ? 'answered' : 'failed', failure.error.code);
  if (verdict.kind === 'retry') return retry(draft, task, failure.error, verdict);
  const spent: TaskState = { ...task, memory: verdict.memory };
  if (verdict.action === 'park') return park(draft, spent, failure.error);
  endInstance(draft, spent, { status: 'failed', output: null, error: failure.error });
}

/** The worker is gone, its lease is over: lost is not failed, and has a budget of its own. */
export function judgeLoss(draft: Draft, held: TaskState, unit: number): void {
  const task = inDoubt(draft, held);
  noteCall(draft, task, 'unheard', null);
  const error: TaskError = {
    code: 'LOST',
    message: `attempt ${task.attempt} of ${pathOf(draft.workflow, task)} was lost with its executor ${task.executor ?? 'unknown'}`,
  };
  if (task.cancelling) return endCancelled(draft, task, 'lost', error);
  const action = doubtAction(task.guard);
  if (action !== 'again') return leaveInDoubt(draft, task, action, error);
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: 'lost', fromLedger: false });
  const { call, retry: ofTask } = callOf(draft, task);
  const verdict = decideRetry({
    policy: resolveRetry(ofTask, draft.moment.guards?.retryOf(call)),
    memory: task.memory,
    failure: { kind: 'lost', code: 'LOST', retryable: null, retryAfterMs: null },
    attempt: task.attempt,
    startedAt: task.startedAt,
    now: draft.now,
    deadlineAt: deadlineOf(draft, task),
    unit,
  });
  draft.attempts.push(record(draft, task, 'lost', error, verdict.why));
  if (verdict.kind === 'retry') return retry(draft, task, error, verdict);
  const spent: TaskState = { ...task, memory: verdict.memory };
  if (verdict.action === 'park') return park(draft, spent, error);
  endInstance(draft, spent, { status: 'failed', output: null, error });
}

function retry(
  draft: Draft,
  task: TaskState,
  error: TaskError,
  verdict: { delayMs: number; memory: RetryMemory; why: Why },
): void {
  draft.facts.push({ kind: 'retry', node: task.node, reason: error.code });
  const next: TaskState = {
    ...task,
    attempt: task.attempt + 1,
    memory: verdict.memory,
    guard: guardBetween(task.guard),
    why: verdict.why,
    claim: null,
    executor: null,
    leaseUntil: null,
    startedAt: null,
    queueUntil: null,
    recorded: null,
    error,
  };
  if (verdict.delayMs <= 0) return dispatch(draft, next);
  scheduleAlarm(draft, { ...next, status: 'retrying', dueAt: draft.now + verdict.delayMs, fence: fenceOf(task.fence + 1) });
}

function endCancelled(draft: Draft, task: TaskState, outcome: AttemptRecord['outcome'], error: TaskError | null = null): void {
  draft.facts.push({ kind: 'attempt', node: task.node, outcome, fromLedger: false });
  draft.attempts.push(record(draft, task, outcome, error, null));
  endInstance(draft, task, { status: 'cancelled', output: null, error });
}

/** A task that cannot start another attempt ends without one: its queue or total time is over. */
export function expire(draft: Draft, task: TaskState, kind: 'queue' | 'total'): void {
  const message = `${pathOf(draft.workflow, task)}: no executor took it in time`;
  const error: TaskError = kind === 'queue' ? { code: 'TIMEOUT', message, details: { kind } } : timeIsOver(draft, task);
  draft.attempts.push(record(draft, task, 'timeout', error, null));
  draft.facts.push({ kind: 'attempt', node: task.node, outcome: 'timeout', fromLedger: false });
  endInstance(draft, task, { status: 'failed', output: null, error });
}

const kindOf = (error: TaskError): unknown =>
  error.code === 'TIMEOUT' && typeof error.details === 'object' && error.details !== null && 'kind' in error.details
    ? error.details['kind']
    : null;

const record = (
  draft: Draft,
  task: TaskState,
  outcome: AttemptRecord['outcome'],
  error: TaskError | null,
  verdict: Why | null,
): AttemptRecord => recordAttempt(draft, task, { outcome, error, verdict });
