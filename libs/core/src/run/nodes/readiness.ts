import type { Node } from '../../workflow/workflow.js';
import type { Closing, MemberState } from '../state/scope.js';
import { CANCELLED, CONTINUED, FAILED, hasEnded, SKIPPED, SUCCEEDED } from '../state/scope.js';

export type Readiness = 'start' | 'wait' | 'skip' | 'cancel';

/** What becomes of a pending member, from the states of its needs and from whether its scope is closing. */
export function readiness(node: Node, needs: readonly MemberState[], closing: Closing | null, sequence: boolean): Readiness {
  if (closing === 'cancelled' || closing === 'timedOut') return 'cancel';
  const cleansUp = node.runWhen === 'failed' || node.runWhen === 'done';
  if (closing === 'failed' && !cleansUp) return 'skip';
  // A sequence has its order: nothing in it starts before all ahead of it has ended.
  if (node.runWhen === 'anySucceeded' && !sequence && needs.includes(SUCCEEDED)) return 'start';
  if (!needs.every(hasEnded)) return 'wait';
  switch (node.runWhen) {
    case 'done':
      return 'start';
    case 'failed':
      return needs.some((state) => state === FAILED || state === CONTINUED) ? 'start' : 'skip';
    case 'anySucceeded':
      return needs.includes(SUCCEEDED) ? 'start' : 'skip';
    case 'succeeded':
      return needsSucceeded(needs, sequence) ? 'start' : 'skip';
  }
}

/** No need failed and, if there are any, at least one was not skipped; in a sequence a skipped item counts as done. */
function needsSucceeded(needs: readonly MemberState[], sequence: boolean): boolean {
  if (needs.some((state) => state === FAILED || state === CANCELLED)) return false;
  return sequence || needs.length === 0 || needs.some((state) => state !== SKIPPED);
}
