import { instantText, NO_ORIGIN, type PollTrigger, type ScheduleTrigger } from '@reprise/core';
import type { ActiveWorkflow } from '../definitions/active-workflows.js';
import type { StartAnswer, TriggeredRequest, TriggerTarget } from '../starts/start-request.js';
import { probeOf } from './probe-of.js';

/** A schedule or a poll as the version that has it knows it. */
export interface TimedTarget extends ActiveWorkflow {
  readonly timed: ScheduleTrigger | PollTrigger;
  /** Its number in `on`. */
  readonly trigger: number;
}

/** Of the events of its instants: with the instant it is what makes one of them happen once. */
export const timedSource = (workflow: string, { kind, id }: Pick<TimedTarget['timed'], 'kind' | 'id'>): string =>
  `${kind}/${workflow}/${id}`;

export interface FiringDetails {
  readonly id?: string;
  readonly source?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Who asked for it; absent: the time has come. */
  readonly by?: string | null;
}

/** The run of one instant: of a schedule's workflow, or a poll's probe. `id`: the instant, unless it is made up for a second time. */
export function firingRequest(
  target: TimedTarget,
  instant: number,
  previous: number | null,
  more: FiringDetails = {},
): TriggeredRequest {
  const { version, workflow, timed, trigger } = target;
  const time = instantText(instant);
  const schedule = { time, previous: previous === null ? null : instantText(previous) };
  const labels = more.labels === undefined ? {} : { labels: more.labels };
  const origin = { ...NO_ORIGIN, scheduledFor: instant, startedBy: more.by ?? null };
  // A probe knows its instant by its input.
  const fired: TriggerTarget =
    timed.kind === 'poll'
      ? { ...probeOf(timed), trigger: 'probe', variables: {}, input: schedule, origin }
      : { version, workflow, trigger, variables: { schedule }, origin, ...labels };
  return { ...eventRequest(target, more.source ?? timedSource(workflow.name, timed), more.id ?? time, time), targets: [fired] };
}

/** An instant that gets no run, kept with the reason. */
export function skipRequest(target: TimedTarget, instant: number, reason: string): TriggeredRequest {
  const { workflow, timed } = target;
  const time = instantText(instant);
  const results = [{ workflow: workflow.name, kind: 'unmatched', reason }] as const;
  return { ...eventRequest(target, timedSource(workflow.name, timed), time, time), results };
}

function eventRequest({ workflow, timed }: TimedTarget, source: string, id: string, time: string): TriggeredRequest {
  const subject = `${workflow.name}/${timed.id}`;
  return {
    kind: 'triggered',
    event: { source, id, type: `${timed.kind}.fired`, subject, time, data: {}, extensions: {}, anonymous: false },
    targets: [],
    redelivered: false,
  };
}

/** Runs that an answer names: those it started, and those that a business key found. */
export const runsOf = (answer: StartAnswer | undefined) =>
  answer?.kind === 'event' ? answer.results.flatMap((result) => ('run' in result ? [result.run] : [])) : [];
