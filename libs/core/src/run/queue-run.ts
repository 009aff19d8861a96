import type { Workflow } from '../workflow/workflow.js';
import { endRun } from './ending/end-run.js';
import { freshRun, type RunRequest } from './start-run.js';
import type { Applied, Decision, Moment } from './state/decision.js';
import { nothingLoaded } from './state/decision.js';
import { Draft } from './state/draft.js';
import type { RunState } from './state/run-state.js';
import { NeedsMore } from './state/wants.js';

/**
 * A run that has yet to begin: one that waits for a place of its concurrency key, or takes over results of another run. It is looked
 * at when it may begin: then all that is in the ledger can be read.
 */
export function queueRun(workflow: Workflow, request: RunRequest, now: number): RunState {
  return { ...freshRun(workflow, request, now), status: 'queued', startedAt: null, dueAt: null, watchAt: null };
}

/** A run that ends before it begins, because others hold all places and it is not to wait for one. */
export function skipRun(
  workflow: Workflow,
  request: RunRequest,
  holder: string,
  moment: Moment,
): Decision & { readonly run: RunState } {
  const run = queueRun(workflow, request, moment.now);
  const draft = new Draft(workflow, nothingLoaded(run), moment);
  const message = `skipped: run ${holder} has the place of its concurrency key`;
  endRun(draft, { status: 'cancelled', output: null, error: { code: 'CONCURRENCY_SKIPPED', message, details: { holder } } });
  return draft.decision([]);
}

/** A queued run is looked at: it begins if it has been given its place. */
export function beginRun(draft: Draft): Applied {
  const { slot } = draft.loaded;
  if (slot === null) throw new NeedsMore({ slot: true });
  if (slot === 'waiting') return 'stale';
  const { workflow, now } = draft;
  const dueAt = workflow.timeoutMs === null ? null : now + workflow.timeoutMs;
  draft.run = { ...draft.run, status: 'running', startedAt: now, dueAt, watchAt: dueAt };
  draft.send({ kind: 'announce', status: 'started' });
  draft.agenda.add('root');
  return 'applied';
}
