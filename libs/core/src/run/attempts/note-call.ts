import { keyOf } from '../../address.js';
import { type CallAnswer, dependencyOf } from '../../admission/index.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';
import { callOf } from './call-of.js';

/** What the end of an attempt says of what it depends on: counted once it is committed. */
export function noteCall(draft: Draft, task: TaskState, answer: CallAnswer, code: string | null): void {
  const { guards } = draft.moment;
  if (guards === undefined) return;
  const dependency = dependencyOf(callOf(draft, task), guards.dependencies);
  if (dependency === null) return;
  const { attempt, node, at, memory } = task;
  const pass = memory?.pass;
  const isReleased = pass?.attempt === attempt && pass.released === true;
  if (answer === 'unheard' && !isReleased) return;
  const isFirst = (memory?.failures ?? 0) === 0;
  draft.facts.push({ kind: 'call', dependency, answer, code, isFirst, released: isReleased ? keyOf(node, at) : null });
}
