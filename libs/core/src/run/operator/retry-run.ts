import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import { reopenedStates } from '../state/scope.js';

/**
 * A failed run is taken up again: what failed, was skipped or cancelled in it is decided anew, what succeeded stands.
 * Once a compensation has begun there is nothing left to go on from. A parent that has seen the failure is the caller's to look for.
 */
export function retryRun(draft: Draft, input: Extract<Input, { kind: 'retry-run' }>): Applied {
  const { run, now, workflow } = draft;
  if (run.status !== 'failed' || run.progress.compensated) return 'stale';
  const dueAt = workflow.timeoutMs === null ? null : now + workflow.timeoutMs;
  draft.run = {
    ...run,
    status: 'running',
    scope: { ...run.scope, states: reopenedStates(run.scope.states), closing: null, error: null },
    output: null,
    error: null,
    endedAt: null,
    dueAt,
    watchAt: dueAt,
    progress: { ...run.progress, phase: null, reopened: run.progress.reopened + 1, reopenedAt: now, askedBy: input.by },
  };
  draft.send({ kind: 'announce', status: 'started' });
  draft.agenda.add('root');
  return 'applied';
}
