import { keyOf } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import { decideRetry, resolveRetry } from '../../retry/index.js';
import type { GroupWork } from '../../workflow/workflow.js';
import { scheduleAlarm } from '../attempts/dispatch.js';
import { recordAttempt } from '../attempts/record-attempt.js';
import { deadlineOf, goOn, timeIsOver } from '../attempts/total-time.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { blame } from '../ending/end-member.js';
import type { AttemptRecord } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';
import { roundsProgress } from './rounds.js';

/** An attempt of a group has ended: `owner` is the row that carries them. A failure is judged by the code of what failed in it. */
export function judgeGroupAttempt(draft: Draft, owner: TaskState, attempt: TaskState): void {
  const progress = roundsProgress(draft, owner);
  if (progress.closing === 'timedOut') {
    const error = timeIsOver(draft, owner);
    keep(draft, owner, attempt, { outcome: 'timeout', error, verdict: null });
    return endInstance(draft, owner, failedWith(error));
  }
  if (progress.closing !== null || attempt.status === 'cancelled') {
    keep(draft, owner, attempt, { outcome: 'cancelled', error: null, verdict: null });
    return endInstance(draft, owner, { status: 'cancelled', output: null, error: null });
  }
  if (attempt.status === 'succeeded') {
    if (owner.attempt > 1) keep(draft, owner, attempt, { outcome: 'succeeded', error: null, verdict: null });
    const output = draft.text(attempt.output, keyOf(attempt.node, attempt.at));
    return endInstance(draft, owner, { status: 'succeeded', output, error: null });
  }
  judgeFailure(draft, owner, attempt);
}

function judgeFailure(draft: Draft, owner: TaskState, attempt: TaskState): void {
  const error = blame(draft, draft.node(owner.node), attempt.at, attempt);
  const verdict = decideRetry({
    policy: resolveRetry(groupOf(draft, owner).retry),
    memory: owner.memory,
    failure: { kind: 'failed', code: error.code, retryable: null, retryAfterMs: null },
    attempt: owner.attempt,
    startedAt: attempt.startedAt,
    now: draft.now,
    deadlineAt: deadlineOf(draft, owner),
    unit: draft.unit(),
  });
  keep(draft, owner, attempt, { outcome: 'failed', error, verdict: verdict.why });
  const judged: TaskState = { ...owner, memory: verdict.memory };
  if (verdict.kind === 'exhausted') return endInstance(draft, judged, { status: 'failed', output: null, error });
  draft.facts.push({ kind: 'retry', node: owner.node, reason: error.code });
  const { why, delayMs } = verdict;
  const due = { ...roundsProgress(draft, owner), due: true };
  const next: TaskState = { ...judged, attempt: owner.attempt + 1, fence: fenceOf(owner.fence + 1), why, error, progress: due };
  if (delayMs <= 0) return goOn(draft, next);
  scheduleAlarm(draft, { ...next, status: 'retrying', dueAt: draft.now + delayMs });
}

/** Every attempt of a group is kept, but a success at the first try. Its times are those of its own row. */
function keep(
  draft: Draft,
  owner: TaskState,
  attempt: TaskState,
  ended: Pick<AttemptRecord, 'outcome' | 'error' | 'verdict'>,
): void {
  draft.attempts.push(recordAttempt(draft, { ...owner, startedAt: attempt.startedAt }, ended));
}

function groupOf(draft: Draft, owner: TaskState): GroupWork {
  const { work, path } = draft.node(owner.node);
  if (work.kind !== 'group') throw new Error(`${path} is no group, though a row of it counts attempts`);
  return work;
}
