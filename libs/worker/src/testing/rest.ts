import { hasRunEnded, type RunId, type TaskState } from '@reprise/core';
import type { Interpreter } from './interpreter/index.js';

export const isEnded = ({ run }: Interpreter): boolean => hasRunEnded(run.status);

/** A message takes a millisecond: what is due later than that is a clock's, not somebody's word on its way. */
const ON_ITS_WAY_MS = 1;

/**
 * Whether nothing of it happens by itself: it has ended, or somebody else must do something. Clocks may tick meanwhile. `plays`: whether
 * a child run is in this world, and rests by itself.
 */
export function isAtRest(interpreter: Interpreter, plays: (child: RunId) => boolean): boolean {
  if (isEnded(interpreter)) return true;
  const { run, ledger, nextAt, now } = interpreter;
  if (nextAt !== null && nextAt <= now + ON_ITS_WAY_MS) return false;
  // What ends meanwhile is kept in its row until the run goes on.
  if (run.status === 'paused') return ledger.openTasks.every(({ claim, recorded }) => claim === null || recorded !== null);
  return run.status === 'running' && ledger.openTasks.every((task) => waitsForOthers(task, plays));
}

/** Whether a clock of it ticks: a timeout, a reminder, the end of a wait. */
export const isTicking = ({ run, ledger }: Interpreter): boolean =>
  run.dueAt !== null || ledger.openTasks.some(({ dueAt }) => dueAt !== null);

/** For a person, an event, a child run; or it encloses what does. */
function waitsForOthers({ status, progress }: TaskState, plays: (child: RunId) => boolean): boolean {
  if (status === 'parked') return true;
  switch (progress?.kind) {
    case 'approval':
    case 'wait':
      return status === 'waiting';
    case 'child':
      return status === 'waiting' && plays(progress.run);
    case 'scope':
    case 'list':
    case 'rounds':
      return status === 'running';
    default:
      return false;
  }
}
