import type { RunState, TaskState } from '@reprise/core';
import type { AdvanceStore, Notice, RunAddress } from '@reprise/ledger';
import type { Advanced } from './advanced.js';

/**
 * Attempts of handlers of which only so many may run give their places back when they run no more. Returns those who have waited
 * longest for one: they are told by a row, and a message that follows is only faster. Before anything is written that others may wait for:
 * who has asked for a place has the lock of all of them already, and would wait for us while we wait for it.
 */
export async function givePlacesBack(store: AdvanceStore, advanced: readonly Advanced[]): Promise<readonly Notice[]> {
  const left = advanced.flatMap(({ run, decision }) =>
    decision.tasks
      .filter((task) => hasLeft(task, decision.run ?? run))
      .map(({ node, at }): RunAddress => ({ run: run.id, node, at })),
  );
  const granted = await store.admissions.release(left);
  await store.notices.insert(granted);
  return granted;
}

function hasLeft({ memory, status, why }: TaskState, run: RunState): boolean {
  if (memory?.pass?.place === undefined) return false;
  if (status === 'ready' || status === 'running') return false;
  const isInLine = status === 'retrying' && why?.reason === 'hold' && why.hold === 'CONCURRENCY';
  // A paused run would keep a place that it does not use; it stands in line again when it is resumed.
  return !isInLine || run.status === 'paused';
}
