import type { Draft } from '../state/draft.js';
import type { Phase } from '../state/origin.js';
import type { End } from './end.js';

/** The tasks of the run have ended and its end is known; before it is told, this is to be done. Neither timeout nor cancel ends it now. */
export function enterPhase(draft: Draft, end: End, phase: Phase): void {
  const { run } = draft;
  const compensated = run.progress.compensated || phase.kind === 'compensating';
  draft.run = {
    ...run,
    dueAt: null,
    watchAt: null,
    scope: { ...run.scope, closing: run.scope.closing ?? 'failed', error: end.error },
    progress: { ...run.progress, phase, compensated },
  };
}
