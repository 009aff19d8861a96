import type { End } from '../ending/end.js';
import { endRun } from '../ending/end-run.js';
import { enterPhase } from '../ending/enter-phase.js';
import { startAt } from '../nodes/activate.js';
import { cancelTask } from '../nodes/close.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import { hasTaskEnded } from '../state/status.js';
import { compensate } from './compensate.js';

/** All tasks of the run have ended. After a success so has the run; else what was done is undone first, then `onFailure` is run. */
export function endTasks(draft: Draft, end: End): void {
  if (end.status === 'succeeded') return endRun(draft, end);
  if (draft.run.progress.phase?.kind !== 'onFailure' && (compensate(draft, end) || startOnFailure(draft, end))) return;
  if (!isBusy(draft)) endRun(draft, end);
}

/** People are told of a failure even while a compensation waits for one of them; nobody is told of what somebody has asked for. */
function startOnFailure(draft: Draft, end: End): boolean {
  const { onFailure } = draft.workflow;
  if (onFailure === null || end.status !== 'failed') return false;
  enterPhase(draft, end, { kind: 'onFailure' });
  startAt(draft, draft.node(onFailure), '');
  return true;
}

/** A run does not end while something of it is open: a compensation that is parked, or that a person has had tried again. */
function isBusy(draft: Draft): boolean {
  const { phase, compensated } = draft.run.progress;
  if (compensated) return draft.openTasks().length > 0;
  const { onFailure } = draft.workflow;
  return phase !== null && onFailure !== null && !hasTaskEnded(draft.get(onFailure, '').status);
}

export const isInAftermath = ({ run }: Draft): boolean => run.progress.phase !== null;

/** The engine cannot carry it on: nothing more is undone or told, and what is open is asked to stop. */
export function giveUpAftermath(draft: Draft): Applied {
  draft.run = { ...draft.run, progress: { ...draft.run.progress, phase: { kind: 'onFailure' } } };
  for (const task of draft.openTasks()) if (draft.node(task.node).role !== 'member') cancelTask(draft, task);
  draft.agenda.add('root');
  return 'applied';
}
