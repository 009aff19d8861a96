import { instantText, NO_ORIGIN } from '@reprise/core';
import type { ActiveWorkflow } from './active-workflows.js';
import type { StartAnswer, TriggeredRequest } from './start-request.js';

/** A schedule as the version that has it knows it. */
export interface ScheduleTarget extends ActiveWorkflow {
  readonly schedule: string;
  /** Its number in `on`. */
  readonly trigger: number;
}

/** Of the events of its instants: with the instant it is what makes one of them happen once. */
export const scheduleSource = (workflow: string, schedule: string): string => `schedule/${workflow}/${schedule}`;

export interface FiringDetails {
  readonly id?: string;
  readonly source?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Who asked for it; absent: the time has come. */
  readonly by?: string | null;
}

/** The run of one instant. `id`: the instant, unless it is made up for a second time. */
export function firingRequest(
  target: ScheduleTarget,
  instant: number,
  previous: number | null,
  more: FiringDetails = {},
): TriggeredRequest {
  const { version, workflow, trigger } = target;
  const time = instantText(instant);
  const schedule = { time, previous: previous === null ? null : instantText(previous) };
  const labels = more.labels === undefined ? {} : { labels: more.labels };
  const origin = { ...NO_ORIGIN, scheduledFor: instant, startedBy: more.by ?? null };
  return {
    ...eventRequest(target, more.source ?? scheduleSource(workflow.name, target.schedule), more.id ?? time, time),
    targets: [{ version, workflow, trigger, variables: { schedule }, origin, ...labels }],
  };
}

/** An instant that gets no run, kept with the reason. */
export function skipRequest(target: ScheduleTarget, instant: number, reason: string): TriggeredRequest {
  const { workflow, schedule } = target;
  const time = instantText(instant);
  const results = [{ workflow: workflow.name, kind: 'unmatched', reason }] as const;
  return { ...eventRequest(target, scheduleSource(workflow.name, schedule), time, time), results };
}

function eventRequest({ workflow, schedule }: ScheduleTarget, source: string, id: string, time: string): TriggeredRequest {
  const subject = `${workflow.name}/${schedule}`;
  return {
    kind: 'triggered',
    event: { source, id, type: 'schedule.fired', subject, time, data: {}, extensions: {}, anonymous: false },
    targets: [],
    redelivered: false,
  };
}

/** Runs that an answer names: those it started, and those that a business key found. */
export const runsOf = (answer: StartAnswer | undefined) =>
  answer?.kind === 'event' ? answer.results.flatMap((result) => ('run' in result ? [result.run] : [])) : [];
