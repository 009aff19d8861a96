import { fence, hasRunEnded, type RunId } from '@reprise/core';
import { type AdvanceStore, NOTICE_TO_RUN, type RunCancel, type SlotRun } from '@reprise/ledger';
import type { Advanced } from './advanced.js';

/**
 * What decisions mean to other runs: children are asked to stop, places of concurrency keys go to those that wait for them.
 * Returns the runs that have been given one: they are told by a row, and a message that follows is only faster.
 */
export async function settlePlaces(store: AdvanceStore, advanced: readonly Advanced[]): Promise<readonly SlotRun[]> {
  await store.children.cancel(advanced.flatMap(cancelsOf));
  const ended = advanced.filter(hasJustEnded);
  await store.children.deleteTrees(ended.filter(isRootOfTree).map(({ run }) => run.id));
  const counted = ended.filter(({ workflow }) => workflow.concurrency !== null).map(({ run }) => run.id);
  const reopened = new Map(advanced.flatMap(reopenedPlace));
  if (counted.length + reopened.size === 0) return [];
  const granted = await store.slots.release(counted, reopened);
  await store.notices.insert(granted.map((each) => ({ ...each, node: NOTICE_TO_RUN, at: '', fence: NO_FENCE })));
  return granted;
}

const NO_FENCE = fence(0);

function cancelsOf({ run, workflow, decision }: Advanced): readonly RunCancel[] {
  const reason = `run ${run.id} of ${workflow.name}, which waits for it, asks it to stop`;
  return decision.messages.flatMap((message) => (message.kind === 'cancel-child' ? [{ run: message.child, reason }] : []));
}

const hasJustEnded = ({ run, decision }: Advanced): boolean =>
  decision.run !== null && hasRunEnded(decision.run.status) && !hasRunEnded(run.status);

const isRootOfTree = ({ run, workflow }: Advanced): boolean =>
  run.origin.parent === null && workflow.nodes.some(({ work }) => work.kind === 'child');

/** A run that had ended, and given its place up, is taken up again. */
function reopenedPlace({ run, workflow, decision }: Advanced): readonly (readonly [RunId, number])[] {
  if (workflow.concurrency === null || decision.run === null) return [];
  return hasRunEnded(run.status) && !hasRunEnded(decision.run.status) ? [[run.id, workflow.concurrency.limit]] : [];
}
