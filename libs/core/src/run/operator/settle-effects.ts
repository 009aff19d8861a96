import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import { hasTaskEnded } from '../state/status.js';

/**
 * A person has found out what became of effects that an ended task has left in doubt: those of a cancelled one, say. What the task came
 * to stands, and so does its run. While a task has not ended, its own attempt or `resolve` says what its effects are.
 */
export function settleEffects(draft: Draft, { node, at, effects, by }: Extract<Input, { kind: 'settle' }>): Applied {
  const task = draft.find(node, at);
  if (task === null || !hasTaskEnded(task.status)) return 'stale';
  draft.effects.push({ node, at, findings: effects, othersNot: false, by });
  return 'applied';
}
