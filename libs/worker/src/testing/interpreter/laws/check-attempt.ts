import { isDeepStrictEqual } from 'node:util';
import { NO_MEMORY, type TaskState, type Why } from '@reprise/core';
import { broken, type Commit } from '../law-broken.js';
import { isAsked } from './check-paused.js';

/** A claimed attempt is its holder's: it ends by the holder's word, by the outcome in its row, or when its lease is over. */
export function checkLeaving(commit: Commit, before: TaskState, after: TaskState): void {
  if (before.status !== 'running' || before.claim === null || (after.status === 'running' && after.fence === before.fence))
    return;
  const { node, at, fence, claim, leaseUntil, recorded } = before;
  const isHeard = commit.inputs.some(
    (input) =>
      input.kind === 'outcome' && input.node === node && input.at === at && input.fence === fence && input.claim === claim,
  );
  const isOver = leaseUntil !== null && leaseUntil <= commit.now;
  if (!isHeard && !isOver && recorded === null) broken(commit, after, 'a claimed attempt is taken from its holder');
  const isLost = commit.decision.attempts.some(
    (record) => record.outcome === 'lost' && record.fence === fence && record.node === node && record.at === at,
  );
  if (isLost && (!isOver || recorded !== null)) broken(commit, after, 'an attempt is lost that is not');
}

const budgetsOf = ({ memory }: TaskState) => ({
  ...(memory ?? NO_MEMORY),
  doubt: false,
  holds: 0,
  pass: null,
  firstStartedAt: null,
});

/** Attempt numbers grow by one, and each says on whose account. */
export function checkNextAttempt(commit: Commit, before: TaskState, after: TaskState): void {
  const say = (what: string): never => broken(commit, after, `${what}; before ${JSON.stringify(before)}`);
  if (before.status === 'parked' && isAsked(commit, 'resolve', after)) return;
  if (after.attempt !== before.attempt + 1 || before.status !== 'running') say('an attempt number skips');
  // Cancelled: in one batch the attempt before had failed and the run was cancelled.
  if (!['ready', 'retrying', 'cancelled'].includes(after.status)) say('an attempt number grows without an attempt');
  const { why, isHeld } = reasonOf(after);
  if (why?.reason === 'handed-back') {
    if (!isDeepStrictEqual(budgetsOf(after), budgetsOf(before)) || (after.dueAt !== null && !isHeld))
      say('a handed-back attempt costs a budget or a wait');
    if (after.memory?.firstStartedAt !== (before.memory?.firstStartedAt ?? before.startedAt))
      say('a handed-back attempt forgets when the first one started');
    return;
  }
  const failures = (after.memory?.failures ?? 0) - (before.memory?.failures ?? 0);
  const lost = (after.memory?.lost ?? 0) - (before.memory?.lost ?? 0);
  if (failures + lost !== 1 || failures < 0 || lost < 0) say('own failures and losses share a budget');
  if (why === null || !('action' in why) || why.action !== 'retry') return say('a retry without a reason');
  if (why.reason !== (lost === 1 ? 'lost' : 'failure')) say('a retry with the wrong reason');
  if (after.status === 'retrying' && !isHeld && Math.abs((after.dueAt ?? 0) - commit.now - why.wait.delayMs) >= 1)
    say('a retry at another time than its reason says');
  if (after.status === 'ready' && why.wait.delayMs > 0) say('a retry without its backoff');
}

/** Why an attempt is made, also while something keeps it waiting. */
function reasonOf({ why }: TaskState): { readonly why: Why | null; readonly isHeld: boolean } {
  if (why?.reason === 'released') return { why: why.before, isHeld: false };
  return why?.reason === 'hold' ? { why: why.before ?? null, isHeld: true } : { why, isHeld: false };
}
