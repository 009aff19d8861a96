import { type Limits, NO_ORIGIN, queueRun, type RunState, runId, startRun, toJsonText, type Workflow } from '@reprise/core';
import { type InterpreterOptions, LIMITS, START } from './interpreter-options.js';
import { reusedRows } from './reused-rows.js';

const FIRST_RUN = runId('01890000-0000-7000-8000-000000000001');

export interface FirstStep {
  readonly limits: Limits;
  readonly startAt: number;
  readonly reused: ReturnType<typeof reusedRows> | null;
  readonly placeAfterMs: number | undefined;
  /** What the run begins with; null: it waits for a place first. */
  readonly first: ReturnType<typeof startRun> | null;
  /** The rows are not there yet: the start decision is committed like any other. */
  readonly unborn: RunState;
}

/** How the run of an interpreter begins. */
export function firstStep(workflow: Workflow, options: InterpreterOptions): FirstStep {
  const limits = { ...LIMITS, ...options.limits };
  const id = options.id ?? FIRST_RUN;
  const startAt = options.startAt ?? START;
  const origin = { ...NO_ORIGIN, ...options.origin, startedBy: options.startedBy ?? null };
  const reused = options.after === undefined ? null : reusedRows(workflow, options.after, startAt);
  const states = reused === null ? {} : { states: reused.states };
  const request = { id, input: toJsonText(options.input ?? null), labels: options.labels ?? {}, origin, ...states };
  const placeAfterMs = options.placeAfterMs ?? (reused === null ? undefined : 0);
  const first = placeAfterMs === undefined ? startRun(workflow, request, { now: startAt, units: [], limits }) : null;
  const unborn: RunState =
    first === null ? queueRun(workflow, request, startAt) : { ...first.run, status: 'running', watchAt: null };
  return { limits, startAt, reused, placeAfterMs, first, unborn };
}
