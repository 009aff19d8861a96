import type { EventAnswer } from '../starts/start-request.js';

/** What an event did, as its sender is told. */
export function shownEvent({ id, outcome, results }: EventAnswer) {
  const runs = results.flatMap((result) =>
    result.kind === 'started' || result.kind === 'exists' ? [{ workflow: result.workflow, id: result.run }] : [],
  );
  const reasons = results.flatMap((result) =>
    'reason' in result ? [{ workflow: result.workflow, outcome: result.kind, reason: result.reason }] : [],
  );
  const woken = results.reduce((sum, result) => sum + (result.kind === 'woke' ? result.count : 0), 0);
  return { id, outcome, runs, ...(woken === 0 ? {} : { woken }), ...(reasons.length === 0 ? {} : { reasons }) };
}
