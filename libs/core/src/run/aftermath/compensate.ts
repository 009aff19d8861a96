import type { Address } from '../../address.js';
import type { End } from '../ending/end.js';
import { enterPhase } from '../ending/enter-phase.js';
import { startAt } from '../nodes/activate.js';
import type { Draft } from '../state/draft.js';
import { hasTaskEnded } from '../state/status.js';
import { isAllLoaded, UNDO_SLICE, undoable } from '../state/undoable.js';

/** How soon the watch looks again when one decision has started as many compensations as it should. */
const LOOK_AGAIN_MS = 100;

/**
 * Undoes one instance after the other, the last that ended first. One that is parked waits for a person; the others go on.
 * False: nothing is left to start, and nothing that was started still runs by itself.
 */
export function compensate(draft: Draft, end: End): boolean {
  if (draft.workflow.nodes.every((node) => node.compensation === null)) return false;
  const { phase } = draft.run.progress;
  if (phase?.kind === 'compensating' && isUnderWay(draft, phase)) return true;
  let next: readonly Address[] = phase?.kind === 'compensating' ? phase.next : [];
  // Those that cannot even be started are parked at once: a thousand of them are no work for one decision.
  while (draft.undos > 0) {
    const [first, ...rest] = next.length > 0 ? next : undoable(draft);
    if (first === undefined && (draft.undos === UNDO_SLICE || isAllLoaded(draft))) return false;
    if (first === undefined) break;
    draft.undos -= 1;
    enterPhase(draft, end, { kind: 'compensating', ...first, next: rest });
    startAt(draft, draft.node(first.node), first.at);
    if (isUnderWay(draft, first)) return true;
    next = rest;
  }
  draft.run = { ...draft.run, watchAt: draft.now + LOOK_AGAIN_MS };
  return true;
}

function isUnderWay(draft: Draft, { node, at }: Address): boolean {
  const { status } = draft.get(node, at);
  return !hasTaskEnded(status) && status !== 'parked';
}
