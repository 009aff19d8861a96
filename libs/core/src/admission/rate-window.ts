/**
 * What is kept of a rate limit's key, epoch milliseconds, each oldest first and bounded by the largest `max` asked for.
 * Starts decide; the other two only spread those that wait, so that each of them comes back about when it can start.
 */
export interface RateWindow {
  /** When attempts did start. */
  readonly starts: readonly number[];
  /** When those that came for the first time were told to come. */
  readonly planned: readonly number[];
  /** When those that came too early were told to come again. */
  readonly promised: readonly number[];
}

export const EMPTY_WINDOW: RateWindow = { starts: [], planned: [], promised: [] };

export interface RateQuestion {
  readonly max: number;
  readonly perMs: number;
  /** It was told a time before, and that has come. */
  readonly again: boolean;
  /** How long it was last told to wait. */
  readonly waitedMs: number;
  /** A random number in [0, 1). */
  readonly unit: number;
}

/** `startAt` at or before now: it has started, and counts. Later: come back then; nothing has been taken yet. */
export interface RateAnswer {
  readonly window: RateWindow;
  readonly startAt: number;
}

/** At most `max` starts in any span of `perMs`, to the millisecond: the start before the last `max` is older than that. */
export function askForStart(window: RateWindow, question: RateQuestion, now: number): RateAnswer {
  const { max, perMs, again } = question;
  const free = Math.max(now, after(window.starts, max, perMs));
  if (again) {
    if (free <= now) return { window: { ...window, starts: append(window.starts, now, max) }, startAt: now };
    const promised = window.promised.filter((instant) => instant > now);
    const wanted = Math.max(free, after([...window.starts, ...promised], max, perMs));
    const startAt = Math.max(free, withinHorizon(wanted, question, now));
    return { window: { ...window, promised: append(promised, Math.min(wanted, now + horizonMs(question)), max) }, startAt };
  }
  if (free <= now && after(window.planned, max, perMs) <= now) {
    const planned = append(window.planned, now, max);
    return { window: { ...window, planned, starts: append(window.starts, now, max) }, startAt: now };
  }
  const wanted = Math.max(free, after(window.planned, max, perMs + slackMs(perMs)));
  const planned = append(window.planned, Math.min(wanted, now + horizonMs(question)), max);
  return { window: { ...window, planned }, startAt: Math.max(free, withinHorizon(wanted, question, now)) };
}

/** Alarms ring a little late: planned to the millisecond, half of those that wait would come back too early. */
const MOST_SLACK_MS = 50;
const slackMs = (perMs: number): number => Math.min(MOST_SLACK_MS, perMs / 20);

const FIRST_HORIZON_MS = 60_000;
const LAST_HORIZON_MS = 10 * 60_000;

/** Those who stand in front may never come: nobody is sent away for much longer than he has waited already. */
const horizonMs = ({ waitedMs }: RateQuestion): number => Math.min(LAST_HORIZON_MS, Math.max(FIRST_HORIZON_MS, 2 * waitedMs));

/** Beyond it the order is lost, and those who wait must not all come back at once. */
function withinHorizon(wanted: number, question: RateQuestion, now: number): number {
  const horizon = horizonMs(question);
  return wanted - now <= horizon ? wanted : now + (horizon * (1 + question.unit)) / 2;
}

/** When one more may follow on these: a span after the one that is `max` before it, and never before the last. */
const after = (instants: readonly number[], max: number, perMs: number): number =>
  Math.max((instants.at(-max) ?? -perMs) + perMs, instants.at(-1) ?? 0);

/** Keeps as many as anybody has asked for: the same key may be used with another `max`. */
const append = (instants: readonly number[], instant: number, max: number): readonly number[] =>
  [...instants, instant].slice(-Math.max(max, instants.length));
