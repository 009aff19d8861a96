import { NEXT_TASK, type RunState, type TaskState, type TaskStatus } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';
import { isAftermath } from './check-aftermath.js';

/** Only a failed run that has undone nothing is taken up again. */
export function isReopened({ ledger, decision }: Commit): boolean {
  const { run } = decision;
  return run !== null && run.progress.reopened > ledger.run.progress.reopened;
}

export function checkReopenedRun(before: RunState, after: RunState): void {
  if (before.status !== 'failed' || before.progress.compensated)
    throw new LawBroken(`a run that is ${before.status} is taken up again`);
  if (after.progress.reopenedAt === null) throw new LawBroken('a run is taken up again at no time');
}

/** A row of the time before is written again: what succeeded never is, and fences and attempts go on. */
export function checkTakenUp(commit: Commit, before: TaskState, after: TaskState): void {
  const say = (what: string): never => broken(commit, after, `${what}; before ${JSON.stringify(before)}`);
  const run = commit.decision.run ?? commit.ledger.run;
  if (run.progress.reopened === 0) say('an ended row is written');
  const again = before.status === 'failed' || before.status === 'cancelled';
  if (!again && !isAftermath(commit.workflow, commit.workflow.nodes[before.node]!)) say('what succeeded runs again');
  const next: readonly TaskStatus[] = [...NEXT_TASK.pending, ...NEXT_TASK.running];
  if (!next.includes(after.status)) say(`${before.status} → ${after.status}`);
  if (after.createdAt !== before.createdAt) say('a row is made twice');
  if (after.fence < before.fence) say('the fence goes back');
  const isFree = before.status === 'cancelled' && before.startedAt === null;
  if (after.attempt < before.attempt - (isFree ? 1 : 0)) say('an attempt number goes back');
  if (after.status === 'ready' && (after.fence <= before.fence || (after.attempt <= before.attempt && !isFree)))
    say('an attempt number is used twice');
}
