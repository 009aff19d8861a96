import { itemAt, keyOf, levelOf } from '../../address.js';
import { parseDuration } from '../../duration.js';
import { evaluateCondition } from '../../expression/index.js';
import { fence as fenceOf } from '../../ids.js';
import type { Node } from '../../workflow/workflow.js';
import { comeBack } from '../attempts/come-back.js';
import { scheduleAlarm } from '../attempts/dispatch.js';
import { timeIsOver } from '../attempts/total-time.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import { blame } from '../ending/end-member.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { attemptTo, renderAt } from '../expressions/evaluate.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import { hasTaskEnded } from '../state/status.js';
import type { RoundsProgress, TaskState } from '../state/task-state.js';
import { variablesFor } from '../state/variables.js';
import { startAt } from './activate.js';
import { cancelRound } from './close.js';
import { judgeGroupAttempt } from './judge-group-attempt.js';
import { repeatOf, roundsProgress } from './rounds.js';

/** Starts the next round (or attempt of a group) when it is due, judges the one that has ended, ends when that was the last. */
export function settleRounds(draft: Draft, { node: index, at }: TaskState): void {
  const node = draft.node(index);
  if (draft.hasJustClosed(keyOf(index, at))) cancelRound(draft, draft.get(index, at));
  for (;;) {
    const owner = draft.get(index, at);
    if (hasTaskEnded(owner.status)) return;
    const progress = roundsProgress(draft, owner);
    if (progress.due) {
      if (progress.closing === 'timedOut') return endInstance(draft, owner, failedWith(timeIsOver(draft, owner)));
      if (progress.closing !== null) return endInstance(draft, owner, { status: 'cancelled', output: null, error: null });
      if (owner.status !== 'running') return;
      if (draft.starts <= 0) return comeBack(draft, owner);
      draft.starts -= 1;
      draft.put({ ...owner, progress: { ...progress, round: progress.round + 1, due: false } });
      startAt(draft, node, itemAt(at, progress.round + 1));
    }
    const { round } = roundsProgress(draft, draft.get(index, at));
    const ended = draft.get(index, itemAt(at, round));
    if (!hasTaskEnded(ended.status)) return;
    if (levelOf(node, at) === 'retry') judgeGroupAttempt(draft, draft.get(index, at), ended);
    else judgeRound(draft, node, draft.get(index, at), ended);
  }
}

function judgeRound(draft: Draft, node: Node, owner: TaskState, round: TaskState): void {
  const progress = roundsProgress(draft, owner);
  if (progress.closing !== null || round.status === 'cancelled')
    return endInstance(draft, owner, { status: 'cancelled', output: null, error: null });
  if (round.status === 'failed') return endInstance(draft, owner, failedWith(blame(draft, node, round.at, round)));
  const verdict = goesOn(draft, node, progress, round);
  if (verdict.kind === 'error') return endInstance(draft, owner, failedWith(verdict.error));
  if (verdict.value) return waitForNext(draft, node, owner, round);
  const output = draft.text(round.output, keyOf(round.node, round.at));
  endInstance(draft, owner, { status: 'succeeded', output, error: null });
}

/** Is there another round after this one? `until` and `while` are asked first, then whether there may be one. */
function goesOn(draft: Draft, node: Node, progress: RoundsProgress, round: TaskState): Evaluated<boolean> {
  const repeat = repeatOf(node);
  const conditions = [repeat.until, repeat.while].filter((condition) => condition !== null);
  if (conditions.length === 0) return { kind: 'ok', value: progress.round < repeat.maximum };
  const output = draft.value(round.output, keyOf(round.node, round.at));
  const isOver = attemptTo(() =>
    conditions.some((condition) => {
      const variables = variablesFor(draft, { node, at: round.at }, condition.references);
      return evaluateCondition(condition, { ...variables, output }) === (condition === repeat.until);
    }),
  );
  if (isOver.kind === 'error') return isOver;
  if (isOver.value) return { kind: 'ok', value: false };
  const rounds = progress.round - progress.from;
  return rounds < repeat.maximum ? { kind: 'ok', value: true } : { kind: 'error', error: tooMany(node, rounds) };
}

function tooMany(node: Node, rounds: number): TaskError {
  const { until, while: goOn } = repeatOf(node);
  const unmet = [
    ...(until === null ? [] : [`\`until: ${until.source}\` has not come true`]),
    ...(goOn === null ? [] : [`\`while: ${goOn.source}\` is still true`]),
  ];
  const message = `${node.path}: ${unmet.join(' and ')} after ${rounds} rounds, the most there may be`;
  return { code: 'UNEXPECTED_RESULT', message, details: { rounds } };
}

function waitForNext(draft: Draft, node: Node, owner: TaskState, round: TaskState): void {
  const due: TaskState = { ...owner, progress: { ...roundsProgress(draft, owner), due: true } };
  const wait = intervalMs(draft, node, round);
  if (wait.kind === 'error') return endInstance(draft, owner, failedWith(wait.error));
  if (wait.value === 0) return draft.put(due);
  scheduleAlarm(draft, { ...due, status: 'waiting', dueAt: draft.now + wait.value, fence: fenceOf(owner.fence + 1) });
}

function intervalMs(draft: Draft, node: Node, round: TaskState): Evaluated<number> {
  const { interval } = repeatOf(node);
  if (interval === null) return { kind: 'ok', value: 0 };
  const output = draft.value(round.output, keyOf(round.node, round.at));
  const rendered = renderAt(draft, node, round.at, interval, { output });
  if (rendered.kind === 'error') return rendered;
  const { value } = rendered.value;
  const duration = typeof value === 'string' ? parseDuration(value) : null;
  if (duration?.kind === 'ok') return { kind: 'ok', value: duration.ms };
  const message = `${node.path} cannot wait ${JSON.stringify(value).slice(0, 80)} between rounds: that is no duration such as 30s`;
  return { kind: 'error', error: { code: 'EXPRESSION', message } };
}
