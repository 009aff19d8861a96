import {
  evaluateStart,
  instantText,
  type Json,
  listInstants,
  previousInstant,
  type ScheduleTrigger,
  timetableOf,
  topicMatches,
  type Workflow,
} from '@reprise/core';
import { TesterError } from './tester-error.js';
import { instantMs } from './virtual-time.js';
import type { Sent } from './world.js';

/** An instant of a schedule, and the run it starts. */
export interface Firing extends Start {
  readonly schedule: string;
  /** RFC 3339, as `schedule.time` reads it. */
  readonly at: string;
}

/** What an entry of `on` makes of what happened. */
export interface Start {
  readonly input: Json;
  /** The business key the run has; null: none. */
  readonly key: string | null;
  /** Why no run is started; null: one is. */
  readonly unmatched: string | null;
}

export interface Span {
  /** RFC 3339 or a Date; the instant itself counts. */
  readonly from: string | Date;
  /** The instant itself does not count. */
  readonly to: string | Date;
  /** Its `id`; default: every schedule of the document. */
  readonly schedule?: string;
}

/** A year of minutes. */
const MOST = 600_000;

/** Every instant of a span, in order. What becomes of those that pass while nobody is there, or overlap, only running services know. */
export function firingsOf(workflow: Workflow, { from, to, schedule }: Span): readonly Firing[] {
  const schedules = workflow.triggers.filter((trigger) => trigger.kind === 'schedule');
  const chosen = schedules.filter(({ id }) => schedule === undefined || id === schedule);
  if (chosen.length === 0) {
    const ids = schedules.map(({ id }) => id).join(', ') || 'none';
    throw new TesterError(
      'UNKNOWN_NAME',
      `the document has no schedule${schedule === undefined ? '' : ` "${schedule}"`}; it has: ${ids}`,
    );
  }
  const [begin, end] = [instantMs(from) - 1, instantMs(to) - 1];
  const firings = chosen.flatMap((trigger) =>
    instantsOf(trigger, begin, end).map((instant, index, all) => firingOf(trigger, instant, all[index - 1])),
  );
  return firings.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function instantsOf(trigger: ScheduleTrigger, begin: number, end: number): readonly number[] {
  const instants = listInstants(timetableOf(trigger), begin, end, MOST + 1);
  if (instants.length <= MOST) return instants;
  throw new TesterError('NO_END', `schedule "${trigger.id}" fires more than ${MOST} times in this span; ask for a shorter one`);
}

function firingOf(trigger: ScheduleTrigger, instant: number, before: number | undefined): Firing {
  const previous = before ?? previousInstant(timetableOf(trigger), instant);
  const at = instantText(instant);
  const schedule = { time: at, previous: previous === null ? null : instantText(previous) };
  return { schedule: trigger.id, at, ...startOf(trigger, { schedule }, {}) };
}

/** What the `event` entries of `on` make of an event; empty: none is about such events. */
export function startsOf(workflow: Workflow, sent: Sent): readonly Start[] {
  const event = { id: 'event', source: 'test', subject: null, time: null, data: null, ...sent };
  return workflow.triggers.flatMap((trigger) => {
    if (trigger.kind !== 'event' || !topicMatches(trigger.pattern, event.type)) return [];
    if (trigger.source !== null && trigger.source !== event.source) return [];
    return [startOf(trigger, { event }, event.data)];
  });
}

function startOf(trigger: Parameters<typeof evaluateStart>[0], variables: Readonly<Record<string, Json>>, input: Json): Start {
  const match = evaluateStart(trigger, variables, input);
  if (match.kind === 'unmatched') return { input, key: null, unmatched: match.reason };
  return { input: match.input, key: match.key, unmatched: null };
}
