import { formatDuration, parseDuration } from '@reprise/core';
import { TesterError } from './tester-error.js';

/** Milliseconds of a duration as documents write it: `5m`, `1h30m`. */
export function durationMs(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.kind === 'ok') return parsed.ms;
  throw new TesterError('BAD_VALUE', `${JSON.stringify(text)} is no duration: ${parsed.message} (${parsed.hint})`);
}

/** An RFC 3339 instant, as text or as a Date, in epoch milliseconds. */
export function instantMs(instant: string | Date): number {
  const ms = typeof instant === 'string' ? Date.parse(instant) : instant.getTime();
  if (Number.isFinite(ms)) return ms;
  throw new TesterError('BAD_VALUE', `${JSON.stringify(instant)} is no instant; write it like 2026-01-01T00:00:00Z`);
}

/** `2026-01-01T00:00:00.000Z`. What keeps the order of one moment, microseconds, is left out. */
export const instantOf = (ms: number): string => new Date(Math.floor(ms)).toISOString();

/** `1m2s`; nothing is `0s`. */
export const durationOf = (ms: number): string => (ms < 1 ? '0s' : formatDuration(Math.floor(ms)));
