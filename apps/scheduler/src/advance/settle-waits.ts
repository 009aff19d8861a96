import type { EventMark, RunId } from '@reprise/core';
import { hasTaskEnded } from '@reprise/core';
import { type AdvanceStore, type Notice, type RunAddress, subscriptionsOf } from '@reprise/ledger';
import type { Advanced } from './advanced.js';

/**
 * What decisions mean to events: waits begin and end, events are taken. Returns the waits that should look at once, because what they
 * wait for came before them: they are told by a row, and a message that follows is only faster. Written last in a transaction.
 */
export async function settleWaits(store: AdvanceStore, advanced: readonly Advanced[]): Promise<readonly Notice[]> {
  const { waits, notices } = store;
  await waits.mark(advanced.flatMap(marksOf));
  await waits.unsubscribe(advanced.flatMap(endedWaits));
  const begun = advanced.flatMap(({ run, version, workflow, decision, now }) =>
    subscriptionsOf({ run, version, workflow, tasks: decision.tasks, now }),
  );
  await waits.lock([], begun);
  const early = await waits.subscribe(begun);
  await notices.insert(early);
  return early;
}

const marksOf = ({ run, decision }: Advanced): readonly (EventMark & { readonly run: RunId })[] =>
  decision.marks.map((mark) => ({ ...mark, run: run.id }));

const endedWaits = ({ run, workflow, decision }: Advanced): readonly RunAddress[] =>
  decision.tasks.flatMap(({ node, at, status }) =>
    workflow.nodes[node]?.work.kind === 'wait' && hasTaskEnded(status) ? [{ run: run.id, node, at }] : [],
  );
