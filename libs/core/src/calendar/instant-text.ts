import type { Zone } from './zone.js';

const WRITTEN = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Epoch milliseconds of an RFC 3339 time, seconds optional. Null: it is none, or such a day is in no calendar. */
export function parseInstant(text: string): number | null {
  const [whole, day, time, seconds = ':00', fraction = '', offset = ''] = WRITTEN.exec(text) ?? [];
  // Date reads 2026-02-30 as 2 March.
  if (whole === undefined || new Date(Date.parse(`${day}T00:00:00Z`) || 0).toISOString().slice(0, 10) !== day) return null;
  const instant = Date.parse(`${day}T${time}${seconds}${fraction.slice(0, 4)}${offset.toUpperCase()}`);
  return Number.isNaN(instant) ? null : instant;
}

/** `2026-03-29T01:00:00Z`; fractions only where there are any. It is also the identity of a firing. */
export const instantText = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z');

/** As the clocks of a zone show it: `2026-03-29T03:00:00+02:00`. */
export function localText(zone: Zone, instant: number): string {
  const offsetMinutes = Math.round(zone.offsetAt(instant) / 60_000);
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const distance = Math.abs(offsetMinutes);
  const written = new Date(instant + offsetMinutes * 60_000).toISOString().replace(/(\.000)?Z$/, '');
  return `${written}${offsetMinutes < 0 ? '-' : '+'}${two(distance / 60)}:${two(distance % 60)}`;
}
