import { hasTaskEnded, itemAt, keyOf, NEXT_TASK, type TaskState, type TaskStatus } from '@reprise/core';
import { broken, type Commit } from '../law-broken.js';
import { isAsked, isPaused } from './check-paused.js';

/** A row that carries rounds of a repeat or attempts of a group: they run one after the other, and somebody comes back for the next. */
export function checkRounds(commit: Commit, owner: TaskState): void {
  const { progress } = owner;
  if (progress?.kind !== 'rounds') return;
  const isWatched = owner.watchAt !== null || isPaused(commit);
  const waits = owner.status === 'waiting' || owner.status === 'retrying';
  if (waits && (owner.dueAt === null || !isWatched || !progress.due)) broken(commit, owner, 'a wait for no round');
  if (hasTaskEnded(owner.status) || waits) return;
  if (owner.status !== 'running' || owner.dueAt !== null) broken(commit, owner, 'rounds that neither run nor wait');
  if (progress.due) {
    if (!isWatched) broken(commit, owner, 'a round could start, and nobody will come back for it');
    return;
  }
  const round = rowOf(commit, owner, progress.round);
  if (round === null || hasTaskEnded(round.status)) broken(commit, owner, 'its round has ended, and nothing follows');
}

/** A round begins when the one before it has ended. */
export function checkNewRound(commit: Commit, round: TaskState, number: number, owner: TaskState): void {
  if (number === 1) return;
  const before = rowOf(commit, owner, number - 1);
  if (before === null || !hasTaskEnded(before.status)) broken(commit, round, `round ${number} begins beside the one before it`);
}

/** What became of the row in one decision, in which any number of rounds may have begun and ended. */
export function checkRoundsStep(commit: Commit, before: TaskState, after: TaskState): void {
  const say = (what: string): never => broken(commit, after, `${what}; before ${JSON.stringify(before)}`);
  const through: readonly TaskStatus[] = NEXT_TASK.running;
  const direct: readonly TaskStatus[] = NEXT_TASK[before.status];
  if (after.status !== before.status && !through.includes(after.status) && !direct.includes(after.status))
    say(`${before.status} → ${after.status}`);
  const left = before.dueAt !== null && after.dueAt !== before.dueAt && after.status !== 'cancelled';
  if (left && commit.now < (before.dueAt ?? 0) && !isAsked(commit, 'retry-now', after))
    say('a round begins before its wait is over');
  if (before.progress?.kind !== 'rounds' || after.progress?.kind !== 'rounds') return say('rounds that come or go');
  if (after.progress.round < before.progress.round) say('rounds are counted backwards');
  for (let attempt = before.attempt; attempt < after.attempt; attempt += 1) {
    const kept = commit.decision.attempts.filter((record) => keyOf(record.node, record.at) === keyOf(after.node, after.at));
    if (!kept.some((record) => record.attempt === attempt && record.outcome === 'failed' && record.verdict !== null))
      say(`attempt ${attempt} of the group is not recorded`);
  }
}

function rowOf({ images, ledger }: Commit, owner: TaskState, number: number): TaskState | null {
  const at = itemAt(owner.at, number);
  return images.get(keyOf(owner.node, at)) ?? ledger.find(owner.node, at);
}
