import { fence as fenceOf } from '../ids.js';
import type { Why } from '../retry/index.js';
import { NO_MEMORY } from '../retry/index.js';
import type { CallWork, RateLimit } from '../workflow/workflow.js';
import { rateKey } from './decision.js';
import type { Draft } from './draft.js';
import type { Evaluated } from './evaluate.js';
import { renderAt } from './evaluate.js';
import type { TaskError } from './outcome.js';
import { readKey } from './read-key.js';
import type { TaskState } from './task-state.js';

export type MayStart =
  | { readonly kind: 'now'; readonly task: TaskState }
  /** The row as it waits; it needs an alarm. */
  | { readonly kind: 'later'; readonly task: TaskState }
  | { readonly kind: 'never'; readonly error: TaskError };

type Hold = Extract<Why, { reason: 'hold' }>;

/** Whether an attempt may start under its call's rate limit. A call without one costs nothing here. */
export function limitRate(draft: Draft, task: TaskState, work: CallWork): MayStart {
  if (work.rateLimit === null) return { kind: 'now', task };
  // Who makes a run's first decision does not see the limit's window: the scheduler asks it at once.
  if (draft.isFresh) return { kind: 'later', task: waiting(task, draft.now) };
  const key = keyOf(draft, task, work, work.rateLimit);
  if (key.kind === 'error') return { kind: 'never', error: key.error };
  const held = task.why?.reason === 'hold' && task.why.hold === 'RATE_LIMIT' ? task.why : null;
  const { node, at, fence } = task;
  const { max, perMs } = work.rateLimit;
  const question = { max, perMs, again: held !== null, waitedMs: held?.delayMs ?? 0, unit: draft.unit() };
  const request = { node, at, fence, key: key.value, ...question };
  const startAt = draft.loaded.rates.get(rateKey(request));
  if (startAt === undefined) draft.rateRequests.push(request);
  else if (startAt <= draft.now) return { kind: 'now', task: held === null ? task : { ...task, why: held.before ?? null } };
  return { kind: 'later', task: putBack(draft, task, startAt ?? draft.now, held) };
}

/** It goes back uncounted, as one that nobody could take, and is counted once, however often it comes back. Why it is made is kept. */
function putBack(draft: Draft, task: TaskState, startAt: number, held: Hold | null): TaskState {
  const memory = task.memory ?? NO_MEMORY;
  const holds = memory.holds + (held === null ? 1 : 0);
  const before = held === null ? task.why : (held.before ?? null);
  if (held === null) draft.facts.push({ kind: 'retry', node: task.node, reason: 'RATE_LIMIT' });
  const why: Why = { reason: 'hold', hold: 'RATE_LIMIT', holds, delayMs: Math.ceil(startAt - draft.now), before };
  return waiting({ ...task, memory: { ...memory, holds }, why }, startAt);
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

function keyOf(draft: Draft, task: TaskState, work: CallWork, { key }: RateLimit): Evaluated<string> {
  if (key === null) return { kind: 'ok', value: work.call };
  const node = draft.node(task.node);
  const rendered = renderAt(draft, node, task.at, key);
  return rendered.kind === 'error' ? rendered : readKey(rendered.value.value, `rateLimit.key of ${node.path}`);
}
