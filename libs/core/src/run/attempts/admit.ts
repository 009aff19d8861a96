import { type AdmissionHold, type AdmissionRequest, admissionKey, dependencyOf } from '../../admission/index.js';
import { fence as fenceOf } from '../../ids.js';
import type { HoldReason, Pass, Why } from '../../retry/index.js';
import { NO_MEMORY } from '../../retry/index.js';
import type { CallWork } from '../../workflow/workflow.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderAt } from '../expressions/evaluate.js';
import { readKey } from '../expressions/read-key.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import type { TaskState } from '../state/task-state.js';
import { underHolds, underRelease } from './why-made.js';

export type MayStart =
  | { readonly kind: 'now'; readonly task: TaskState }
  /** The row as it waits; it needs an alarm. */
  | { readonly kind: 'later'; readonly task: TaskState }
  | { readonly kind: 'never'; readonly error: TaskError };

type Hold = Extract<Why, { reason: 'hold' }> & { readonly hold: AdmissionHold; readonly before: Why | null };

const HOLDS: readonly HoldReason[] = ['RATE_LIMIT', 'BREAKER_OPEN', 'RETRY_BUDGET', 'CONCURRENCY'] satisfies AdmissionHold[];
const isAdmissionHold = (why: Why | null): why is Hold => why?.reason === 'hold' && HOLDS.includes(why.hold);

/**
 * Whether an attempt may start under the limits of its call and its handler, and as far as its dependency is concerned.
 * A call that none of it concerns costs nothing here. `sentBack`: why an executor did not take it.
 */
export function admitAttempt(draft: Draft, task: TaskState, work: CallWork, sentBack: HoldReason | null): MayStart {
  // Who makes a run's first decision does not see the limit's window: the scheduler asks it at once.
  if (draft.isFresh) return work.rateLimit === null ? { kind: 'now', task } : { kind: 'later', task: waiting(task, draft.now) };
  const held = isAdmissionHold(task.why) ? task.why : null;
  const before = held === null ? task.why : held.before;
  const base = underHolds(before);
  const asked = requestOf(draft, task, work, { held, base, sentBack });
  if (asked.kind === 'error') return { kind: 'never', error: asked.error };
  const request = asked.value;
  if (request === null) return { kind: 'now', task: { ...task, why: base } };
  const answer = draft.loaded.admissions.get(admissionKey(request));
  if (answer === undefined) {
    draft.admissionRequests.push(request);
    return { kind: 'later', task: waiting(task, draft.now) };
  }
  // A place that it has asked for before stays its own to give back, though nobody knows of the limit just now.
  const call = request.place?.call ?? task.memory?.pass?.place;
  const place = call === undefined ? {} : { place: call };
  if (answer.kind === 'later') {
    // It waits for its place in line, which has to be given up should it never start.
    const memory = { ...(task.memory ?? NO_MEMORY), ...passOf(task, answer.hold === 'CONCURRENCY' ? place : null) };
    // A rate is the pace that was asked for. Whatever else holds it up, it waits for an executor, and may have a limit for that.
    const queueUntil = answer.hold === 'RATE_LIMIT' ? task.queueUntil : queueEnd(draft, task, work);
    return { kind: 'later', task: putBack(draft, { ...task, memory, queueUntil }, answer, held, before) };
  }
  const { as } = answer;
  const why: Why | null =
    as === null || request.dependency === null
      ? base
      : { reason: 'released', as, dependency: request.dependency.name, before: underRelease(base) };
  const pass = passOf(task, { ...place, ...(as === null ? {} : { released: true as const }) });
  return { kind: 'now', task: { ...task, why, memory: { ...(task.memory ?? NO_MEMORY), ...pass } } };
}

const passOf = ({ attempt }: TaskState, pass: Omit<Pass, 'attempt'> | null): { readonly pass?: Pass } =>
  pass === null ? {} : { pass: { attempt, ...pass } };

/** Until when it may wait for an executor, counted from the first time in this attempt that it does; null: for ever. */
export function queueEnd(draft: Draft, { queueUntil }: TaskState, { timeout: { queueMs } }: CallWork): number | null {
  return queueUntil ?? (queueMs === null ? null : draft.now + queueMs);
}

interface Circumstances {
  readonly held: Hold | null;
  /** Why the attempt is made, whatever it has been waiting for since. */
  readonly base: Why | null;
  readonly sentBack: HoldReason | null;
}

/** What must be asked before it may start; null: nothing. */
function requestOf(
  draft: Draft,
  task: TaskState,
  work: CallWork,
  { held, base, sentBack }: Circumstances,
): Evaluated<AdmissionRequest | null> {
  const { guards } = draft.moment;
  const limits = guards?.limitsOf(work.call) ?? null;
  const rate = rateOf(draft, task, work, limits?.rate ?? null);
  if (rate.kind === 'error') return rate;
  const name = guards === undefined ? null : dependencyOf(work, guards.dependencies);
  const isRetry = underRelease(base)?.reason === 'failure';
  const isOfInterest =
    guards !== undefined &&
    name !== null &&
    (guards.isTroubled(name) ||
      (isRetry && guards.budgeted) ||
      sentBack === 'BREAKER_OPEN' ||
      held?.hold === 'BREAKER_OPEN' ||
      held?.hold === 'RETRY_BUDGET');
  const dependency = isOfInterest ? { name, isRetry } : null;
  const limit = limits?.concurrency ?? null;
  const place = limit === null ? null : { call: work.call, limit };
  if (rate.value === null && dependency === null && place === null) return { kind: 'ok', value: null };
  const { node, at, fence } = task;
  const waited = held === null ? null : { hold: held.hold, delayMs: held.delayMs };
  return { kind: 'ok', value: { node, at, fence, rate: rate.value, dependency, place, waited, unit: draft.unit() } };
}

/** It goes back uncounted, as one that nobody could take, and is counted once, however often it comes back. Why it is made is kept. */
function putBack(
  draft: Draft,
  task: TaskState & { readonly memory: NonNullable<TaskState['memory']> },
  { hold, startAt, detail }: { readonly hold: AdmissionHold; readonly startAt: number; readonly detail: string | null },
  held: Hold | null,
  before: Why | null,
): TaskState {
  const isNew = held?.hold !== hold;
  const holds = task.memory.holds + (isNew ? 1 : 0);
  if (isNew) draft.facts.push({ kind: 'retry', node: task.node, reason: hold });
  const about = detail === null ? {} : { detail };
  const why: Why = { reason: 'hold', hold, holds, delayMs: Math.ceil(startAt - draft.now), before, ...about };
  return waiting({ ...task, memory: { ...task.memory, holds }, why }, startAt);
}

const waiting = (task: TaskState, startAt: number): TaskState => ({
  ...task,
  status: 'retrying',
  dueAt: Math.min(startAt, task.queueUntil ?? Infinity, task.totalUntil ?? Infinity),
  fence: fenceOf(task.fence + 1),
  claim: null,
  executor: null,
  leaseUntil: null,
  startedAt: null,
  recorded: null,
});

/** The task's own limit, else its handler's. */
function rateOf(
  draft: Draft,
  task: TaskState,
  { call, rateLimit }: CallWork,
  ofHandler: { readonly max: number; readonly perMs: number } | null,
): Evaluated<AdmissionRequest['rate']> {
  if (rateLimit === null) return { kind: 'ok', value: ofHandler === null ? null : { key: call, ...ofHandler } };
  const { max, perMs } = rateLimit;
  if (rateLimit.key === null) return { kind: 'ok', value: { key: call, max, perMs } };
  const node = draft.node(task.node);
  const rendered = renderAt(draft, node, task.at, rateLimit.key);
  const key = rendered.kind === 'error' ? rendered : readKey(rendered.value.value, `rateLimit.key of ${node.path}`);
  return key.kind === 'error' ? key : { kind: 'ok', value: { key: key.value, max, perMs } };
}
