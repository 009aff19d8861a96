import type { BackfillView, ScheduleInstant, ScheduleView } from '@reprise/contracts';
import {
  formatDuration,
  instantText,
  jitterOf,
  listInstants,
  localText,
  parseZone,
  type Timed,
  timetableOf,
} from '@reprise/core';
import type { NewBackfill, ShownBackfill, ShownFiring, ShownSchedule } from '@reprise/ledger';
import { type TimedTarget, timedSource } from './schedule-request.js';
import { showFiring, showProbes } from './show-firing.js';

const instantOf = (ms: number): string => new Date(ms).toISOString();
const instantOrNull = (ms: number | null): string | null => (ms === null ? null : instantOf(ms));
const durationOrNull = (ms: number): string | null => (ms === 0 ? null : formatDuration(ms));

/** A schedule or poll, with what its definition says and what at most `most` of its last instants did. */
export function showSchedule(
  shown: ShownSchedule,
  trigger: TimedTarget['timed'],
  firings: readonly ShownFiring[],
  most: number,
): ScheduleView {
  const { workflow, id, pausedAt } = shown;
  const { timing, timezone, catchUp, overlap, dst } = trigger;
  // What a paused schedule waited for may have passed: the next is what comes if it is resumed now.
  const next = pausedAt === null ? shown.nextInstant : timetableOf(trigger).next(shown.now);
  const own = firings.filter(({ source }) => source === timedSource(workflow, trigger));
  return {
    id: `${workflow}/${id}`,
    workflow,
    schedule: id,
    kind: trigger.kind,
    call: trigger.kind === 'poll' ? trigger.call : null,
    version: shown.semver,
    versionNumber: shown.number,
    cron: timing.kind === 'cron' ? timing.expression : null,
    every: timing.kind === 'every' ? formatDuration(timing.everyMs) : null,
    at: timing.kind === 'at' ? timing.instants.map(instantOf) : null,
    timezone,
    jitter: durationOrNull(trigger.jitterMs),
    start: instantOrNull(trigger.startAt),
    end: instantOrNull(trigger.endAt),
    catchUp,
    overlap,
    dst,
    next: instantOrNull(next),
    nextLocal: next === null ? null : localOf(timezone, next),
    previous: instantOrNull(shown.previous),
    paused: pausedAt === null ? null : { at: instantOf(pausedAt), by: shown.pausedBy, reason: shown.pauseReason },
    waiting: shown.pending.map(instantOf),
    openRuns: shown.openRuns,
    missed: shown.missed,
    missedAt: instantOrNull(shown.missedAt),
    skipped: shown.skipped,
    last: (trigger.kind === 'poll' ? showProbes(own) : own.map(showFiring)).slice(0, most),
  };
}

/** The next instants after `from`, as UTC, as the clocks of the zone show them, and when jitter lets them fire. */
export function showInstants(name: string, trigger: Timed, from: number, count: number): readonly ScheduleInstant[] {
  return listInstants(timetableOf(trigger), from, Number.POSITIVE_INFINITY, count).map((instant) => ({
    time: instantText(instant),
    local: localOf(trigger.timezone, instant),
    firesAt: instantOf(instant + jitterOf(name, instant, trigger.jitterMs)),
  }));
}

function localOf(timezone: string, instant: number): string {
  const parsed = parseZone(timezone);
  return parsed.kind === 'ok' ? localText(parsed.zone, instant) : instantText(instant);
}

/** A backfill that is not asked for yet. */
export function asPlanned(backfill: NewBackfill, now: number): ShownBackfill {
  const nothing = { started: 0, existing: 0, unmatched: 0, rejected: 0, openRuns: 0 };
  return { ...backfill, ...nothing, state: 'running', createdAt: now, endedAt: null };
}

export function showBackfill(shown: ShownBackfill): BackfillView {
  const { id, workflow, schedule, state, total, started, existing, unmatched, rejected } = shown;
  return {
    id,
    schedule: `${workflow}/${schedule}`,
    state,
    from: instantOf(shown.from),
    to: instantOf(shown.to),
    parallel: shown.parallel,
    interval: durationOrNull(shown.everyMs),
    rerun: shown.rerun,
    total,
    started,
    existing,
    unmatched,
    rejected,
    left: Math.max(0, total - started - existing - unmatched - rejected),
    openRuns: shown.openRuns,
    next: instantOrNull(shown.nextInstant),
    askedBy: shown.askedBy,
    createdAt: instantOf(shown.createdAt),
    endedAt: instantOrNull(shown.endedAt),
  };
}
