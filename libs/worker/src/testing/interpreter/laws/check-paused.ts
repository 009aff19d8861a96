import { keyOf, type TaskState } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';

/** In a paused run nothing begins and nothing is watched; outcomes are kept, nothing else. */
export function checkPaused(commit: Commit): void {
  const { ledger, decision, images } = commit;
  const run = decision.run ?? ledger.run;
  if (!isPaused(commit)) return;
  if (run.watchAt !== null) throw new LawBroken('a paused run is watched');
  for (const task of images.values()) if (task.watchAt !== null) broken(commit, task, 'a row of a paused run is watched');
  if (ledger.run.status !== 'paused' || commit.inputs.some(({ kind }) => kind === 'resume')) {
    const watched = [...ledger.tasks.values()].find((task) => task.watchAt !== null && !images.has(keyOf(task.node, task.at)));
    if (watched !== undefined) broken(commit, watched, 'a row of a paused run is watched');
    return;
  }
  if (decision.messages.some(({ kind }) => kind !== 'announce')) throw new LawBroken('a paused run starts something');
  for (const task of images.values()) {
    const before = ledger.find(task.node, task.at);
    if (before === null || before.status !== task.status || before.fence !== task.fence)
      broken(commit, task, 'a task of a paused run goes on');
  }
}

/** Nobody watches what does not go on. */
export const isPaused = ({ ledger, decision }: Commit): boolean => (decision.run ?? ledger.run).status === 'paused';

/** Asked for by a person in this very decision. */
export const isAsked = ({ inputs }: Commit, kind: 'retry-now' | 'resolve', { node, at }: TaskState): boolean =>
  inputs.some((input) => input.kind === kind && input.node === node && input.at === at);
