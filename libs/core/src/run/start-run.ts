import type { RunId } from '../ids.js';
import type { JsonText } from '../json.js';
import type { Workflow } from '../workflow/workflow.js';
import { settle } from './settle.js';
import type { Decision, Moment } from './state/decision.js';
import { nothingLoaded } from './state/decision.js';
import { Draft } from './state/draft.js';
import type { Origin } from './state/origin.js';
import { NO_ORIGIN, NO_PROGRESS } from './state/origin.js';
import type { RunState } from './state/run-state.js';
import { freshScope } from './state/scope.js';

export interface RunRequest {
  readonly id: RunId;
  /** Already checked against the workflow's schema and cleaned. */
  readonly input: JsonText;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: it was started by name, by nobody known. */
  readonly origin?: Origin;
  /** How its scope begins where results of another run are taken over; absent: with nothing. */
  readonly states?: string;
}

/** The first decision of a run: its row, its first tasks and their first attempts. Needs nothing but the document. */
export function startRun(workflow: Workflow, request: RunRequest, moment: Moment): Decision & { readonly run: RunState } {
  const run = freshRun(workflow, request, moment.now);
  const draft = new Draft(workflow, { ...nothingLoaded(run), open: true, undoable: [] }, moment);
  draft.startsFresh();
  draft.draws(moment.units[0] ?? 0.5);
  draft.send({ kind: 'announce', status: 'started' });
  draft.agenda.add('root');
  settle(draft);
  return draft.decision([]);
}

/** A run that begins now, before anything of it has started. */
export function freshRun(workflow: Workflow, request: RunRequest, now: number): RunState {
  const dueAt = workflow.timeoutMs === null ? null : now + workflow.timeoutMs;
  return {
    id: request.id,
    status: 'running',
    scope: { kind: 'scope', states: request.states ?? freshScope(workflow.root.members.length), closing: null, error: null },
    input: request.input,
    output: null,
    error: null,
    labels: request.labels,
    createdAt: now,
    startedAt: now,
    endedAt: null,
    dueAt,
    watchAt: dueAt,
    origin: request.origin ?? NO_ORIGIN,
    progress: NO_PROGRESS,
  };
}
