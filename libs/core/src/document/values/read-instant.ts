import { parseInstant } from '../../calendar/instant-text.js';
import type { Located } from './located.js';
import type { Report } from './problem.js';
import { readText, refuseValue } from './read-value.js';

const EXPECTED = 'a time such as 2030-01-31T09:00:00Z';

/** Epoch milliseconds. A time without an offset means another instant on another machine. */
export function readInstant(value: Located, report: Report): number | null {
  const text = readText(value, report, EXPECTED);
  if (text === null) return null;
  const instant = parseInstant(text.value);
  if (instant !== null) return instant;
  const lacksOffset = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:[\d.]+)?)?$/.test(text.value);
  return refuseValue(text, report, EXPECTED, lacksOffset ? 'write the time and its offset: Z for UTC, +02:00' : null);
}
