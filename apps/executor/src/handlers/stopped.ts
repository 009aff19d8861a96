import { type Attempt, TaskError } from '@reprise/worker';

/** What a handler throws when its attempt is stopped. The executor knows why (it aborted the signal) and says so in its own words. */
export function stoppedError({ signal }: Attempt): unknown {
  return signal.reason instanceof TaskError ? signal.reason : new TaskError('CANCELLED', 'the attempt was stopped');
}

export function refuseIfStopped(attempt: Attempt): void {
  if (attempt.signal.aborted) throw stoppedError(attempt);
}
