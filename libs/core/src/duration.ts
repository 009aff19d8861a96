const UNITS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]);

const EXAMPLES = 'write it like 250ms, 5s, 1.5s, 1h30m or 2d';

/** The longest duration there is: 366 days, so that "a year" fits in a leap year and a slip of the unit does not. */
export const MAX_DURATION_MS = 366 * 86_400_000;

export type ParsedDuration =
  | { readonly kind: 'ok'; readonly ms: number }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string };

/**
 * Reads `250ms`, `5s`, `1h30m`, `2d`: whole milliseconds from 0 to 366 days.
 * Units are d, h, m, s, ms, each at most once, the larger first; only the last part may have a decimal (`1m1.5s`).
 */
export function parseDuration(text: string): ParsedDuration {
  if (/^\d+(\.\d+)?$/.test(text)) {
    return bad(`"${shorten(text)}" has no unit`, `say which: ${shorten(text)}s is seconds, ${shorten(text)}ms milliseconds`);
  }
  const parts = splitParts(text);
  if (parts === null) return bad(`"${shorten(text)}" is not a duration`, EXAMPLES);

  let ms = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [index, { digits, unit }] of parts.entries()) {
    const unitMs = UNITS.get(unit);
    if (unitMs === undefined) return bad(`"${unit}" is not a unit of time`, 'the units are d, h, m, s and ms, in lower case');
    if (unitMs >= smallest) return bad(`"${text}" has its units out of order`, 'write each unit once, the larger first: 1h30m');
    if (digits.includes('.') && index < parts.length - 1) {
      return bad(`"${text}" has a decimal before its last part`, 'only the last part may have one: 1m1.5s');
    }
    smallest = unitMs;
    ms += Number(digits) * unitMs;
  }
  if (ms > MAX_DURATION_MS) return bad(`"${text}" is longer than 366d`, 'the longest duration is 366d');
  const whole = Math.round(ms);
  // 1.1h is 3960000.0000000005 in binary: what is that close to a whole millisecond is one.
  if (Math.abs(ms - whole) > 1e-4) return bad(`"${text}" is not a whole number of milliseconds`, 'the smallest step is 1ms');
  return { kind: 'ok', ms: whole };
}

/** The shortest text that parseDuration reads back as the same milliseconds: `1h30m`, `1.8s`, `250ms`, `0s`. Negative counts as 0. */
export function formatDuration(ms: number): string {
  const whole = ms > 0 ? Math.round(ms) : 0;
  if (whole < 1_000) return whole === 0 ? '0s' : `${whole}ms`;
  let rest = whole;
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    if (unitMs < 60_000) break;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return rest === 0 ? text : `${text}${rest / 1_000}s`;
}

/** `null`: not a sequence of numbers and units. 64 characters bound the work and the message. */
function splitParts(text: string): readonly { readonly digits: string; readonly unit: string }[] | null {
  if (text.length > 64 || !/^(\d+(\.\d+)?[A-Za-z]+)+$/.test(text)) return null;
  return text.split(/(?<=[A-Za-z])(?=\d)/).map((part) => {
    const digits = part.replace(/[A-Za-z]+$/, '');
    return { digits, unit: part.slice(digits.length) };
  });
}

function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 61)}...` : text;
}

function bad(message: string, hint: string): ParsedDuration {
  return { kind: 'bad', message, hint };
}
