import type { TypeMethods } from './method.js';
import type { Duration, Instant } from './value.js';

const DAY_MS = 86_400_000;
const dateOf = (instant: Instant): Date => new Date(instant.epochMs);

/** CEL's getters, in UTC. As in CEL, months, days of the month, of the week and of the year count from 0; `getDate` counts from 1. */
export const INSTANT_METHODS: TypeMethods<Instant> = {
  getFullYear: { args: [0, 0], run: (instant) => dateOf(instant).getUTCFullYear() },
  getMonth: { args: [0, 0], run: (instant) => dateOf(instant).getUTCMonth() },
  getDate: { args: [0, 0], run: (instant) => dateOf(instant).getUTCDate() },
  getDayOfMonth: { args: [0, 0], run: (instant) => dateOf(instant).getUTCDate() - 1 },
  getDayOfWeek: { args: [0, 0], run: (instant) => dateOf(instant).getUTCDay() },
  getDayOfYear: { args: [0, 0], run: dayOfYear },
  getHours: { args: [0, 0], run: (instant) => dateOf(instant).getUTCHours() },
  getMinutes: { args: [0, 0], run: (instant) => dateOf(instant).getUTCMinutes() },
  getSeconds: { args: [0, 0], run: (instant) => dateOf(instant).getUTCSeconds() },
  getMilliseconds: { args: [0, 0], run: (instant) => dateOf(instant).getUTCMilliseconds() },
};

/** Whole hours, minutes, … of the entire duration, as in CEL. */
export const DURATION_METHODS: TypeMethods<Duration> = {
  getHours: { args: [0, 0], run: (duration) => whole(duration, 3_600_000) },
  getMinutes: { args: [0, 0], run: (duration) => whole(duration, 60_000) },
  getSeconds: { args: [0, 0], run: (duration) => whole(duration, 1000) },
  getMilliseconds: { args: [0, 0], run: (duration) => duration.lengthMs },
};

function whole(duration: Duration, unitMs: number): number {
  return Math.trunc(duration.lengthMs / unitMs) + 0;
}

function dayOfYear(instant: Instant): number {
  const firstDay = dateOf(instant);
  firstDay.setUTCMonth(0, 1);
  firstDay.setUTCHours(0, 0, 0, 0);
  return Math.floor((instant.epochMs - firstDay.getTime()) / DAY_MS);
}
