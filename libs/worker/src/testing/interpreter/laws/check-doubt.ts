import type { TaskState } from '@reprise/core';
import { broken, type Commit } from '../law-broken.js';
import { isAsked } from './check-paused.js';

/** What must be done once is not repeated blindly, and what may have happened does not just count as failed. */
export function checkDoubt(commit: Commit, before: TaskState, after: TaskState): void {
  const { guard } = before;
  if (guard === null || guard === 'settled') return;
  if (isAsked(commit, 'resolve', after)) return;
  const mayRepeat = guard === 'open-retry' || guard === 'open-probe' || (guard.startsWith('once-') && isKnownNot(commit, before));
  if (after.attempt > before.attempt && before.status === 'running' && !mayRepeat)
    broken(commit, after, `what must be done once (${guard}) is repeated blindly`);
  if (after.status === 'failed' && guard.startsWith('open-') && guard !== 'open-fail')
    broken(commit, after, `what may have happened (${guard}) counts as failed`);
}

/** Its holder has said that nothing of it was done. */
function isKnownNot({ inputs }: Commit, { node, at, fence, recorded }: TaskState): boolean {
  const said = inputs.flatMap((input) =>
    input.kind === 'outcome' && input.node === node && input.at === at && input.fence === fence ? [input.outcome] : [],
  );
  return [...said, recorded].some((outcome) => outcome?.kind === 'failed' && outcome.happened === false);
}
