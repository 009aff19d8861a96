import { formatDuration, parseDuration } from '../duration.js';
import { Refusal } from './expression-error.js';

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Years 0001 to 9999, as in CEL: beyond, RFC 3339 has no text for the instant. */
const FIRST_INSTANT = -62_135_596_800_000;
const LAST_INSTANT = 253_402_300_799_999;

export function parseInstant(text: string): number {
  const epochMs = RFC_3339.test(text) || DAY.test(text) ? Date.parse(text.replace(RFC_3339, toEcmaScript)) : Number.NaN;
  // Date reads 2026-02-30 as 2 March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(epochMs) || day.toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw new Refusal(`${JSON.stringify(text.slice(0, 60))} is not an RFC 3339 time such as 2026-01-31T12:00:00Z`);
  }
  return checkInstant(epochMs);
}

/** RFC 3339 also allows lower case, a space and nanoseconds. */
function toEcmaScript(_text: string, day: string, time: string, fraction: string | undefined, zone: string): string {
  return `${day}T${time}${(fraction ?? '').slice(0, 4)}${zone.toUpperCase()}`;
}

export function checkInstant(epochMs: number): number {
  if (epochMs >= FIRST_INSTANT && epochMs <= LAST_INSTANT) return Math.trunc(epochMs);
  throw new Refusal('the time is outside the years 0001 to 9999');
}

export function formatInstant(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}

/** Milliseconds of `250ms`, `1h30m`; unlike in a document, `-5s` has a meaning here. */
export function readDuration(text: string): number {
  const negative = text.startsWith('-');
  const parsed = parseDuration(negative ? text.slice(1) : text);
  if (parsed.kind === 'bad') throw new Refusal(`${parsed.message}; ${parsed.hint}`);
  return negative ? 0 - parsed.ms : parsed.ms;
}

export function writeDuration(lengthMs: number): string {
  return lengthMs < 0 ? `-${formatDuration(-lengthMs)}` : formatDuration(lengthMs);
}
