import { parseDuration } from '../../duration.js';
import { nearestName } from '../../expression/index.js';
import { isText, type Located, type LocatedEntry, type LocatedList, type LocatedMap, type LocatedText } from './located.js';
import type { Report, Where } from './problem.js';

/** The fields a map may have. */
export interface FieldSet {
  readonly known: readonly string[];
  /** Known elsewhere: why not here. */
  readonly refused?: Readonly<Record<string, string>>;
}

export type Fields = ReadonlyMap<string, LocatedEntry>;

/** A hostile map has tens of thousands of unknown fields, each compared with all the known ones. */
const MAX_UNKNOWN = 100;

/** The entries of a map by name; every other one is reported, with what was probably meant. */
export function readFields(map: LocatedMap, set: FieldSet, report: Report): Fields {
  const fields = new Map<string, LocatedEntry>();
  let unknown = 0;
  for (const entry of map.entries) {
    if (set.known.includes(entry.key)) fields.set(entry.key, entry);
    else if (unknown < MAX_UNKNOWN) {
      unknown += 1;
      refuseField(entry, set, report);
    }
  }
  return fields;
}

function refuseField({ key, keyAt }: LocatedEntry, { known, refused = {} }: FieldSet, report: Report): void {
  const why = Object.hasOwn(refused, key) ? refused[key] : undefined;
  if (why !== undefined) {
    report.refuse(keyAt, `\`${key}\` is not allowed here`, why);
  } else {
    report.refuse(keyAt, `unknown field \`${key}\``, didYouMean(key, known) ?? `one of ${known.join(', ')}`);
  }
}

export function didYouMean(name: string, candidates: Iterable<string>): string | null {
  const near = nearestName(name.slice(0, 100), candidates);
  // Every name of one letter is one slip away from every other.
  const far = name.length < 3 && near?.toLowerCase() !== name.toLowerCase();
  return near === null || far ? null : `did you mean \`${near}\`?`;
}

/** What stands there, for a message: `the text "5"`, `a list`. */
export function describe(located: Located): string {
  if (located.kind !== 'scalar') return located.kind === 'map' ? 'a map' : 'a list';
  const { value } = located;
  if (value === null) return 'nothing';
  if (typeof value !== 'string') return typeof value === 'number' ? `the number ${value}` : `${value}`;
  return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)}`;
}

/** Reports `expected` against what stands there; returns null for the caller to return. */
export function refuseValue(located: Located, report: Report, expected: string, hint: string | null = null): null {
  const name = located.path === '' ? nameOf(located) : `\`${nameOf(located)}\``;
  if (located.kind !== 'unreadable') report.refuse(located, `${name} must be ${expected}, not ${describe(located)}`, hint);
  return null;
}

export const nameOf = ({ path }: Where): string => (path === '' ? 'the document' : path.replace(/^.*\.(?=[^.\]]+$)/, ''));

export function readMap(located: Located, report: Report, expected: string, hint: string | null = null): LocatedMap | null {
  return located.kind === 'map' ? located : refuseValue(located, report, expected, hint);
}

export function readList(located: Located, report: Report, expected: string, hint: string | null = null): LocatedList | null {
  return located.kind === 'list' ? located : refuseValue(located, report, expected, hint);
}

export function readText(located: Located, report: Report, expected = 'a text'): LocatedText | null {
  if (isText(located)) return located;
  const hint = located.kind === 'scalar' && located.value !== null ? 'quote it' : null;
  return refuseValue(located, report, expected, hint);
}

export function readMatching(
  located: Located,
  report: Report,
  pattern: RegExp,
  maxLength: number,
  expected: string,
): string | null {
  const text = readText(located, report, expected);
  if (text === null) return null;
  if (text.value.length > maxLength) return refuseValue(text, report, `at most ${maxLength} characters long`);
  return pattern.test(text.value) ? text.value : refuseValue(text, report, expected);
}

export function readOneOf(located: Located, report: Report, allowed: readonly string[]): string | null {
  if (isText(located) && allowed.includes(located.value)) return located.value;
  const hint = isText(located) ? didYouMean(located.value, allowed) : null;
  return refuseValue(located, report, `one of ${allowed.join(', ')}`, hint);
}

export function readBoolean(located: Located, report: Report): boolean | null {
  if (located.kind === 'scalar' && typeof located.value === 'boolean') return located.value;
  const word = isText(located) ? /^(yes|on|no|off)$/i.exec(located.value)?.[0].toLowerCase() : undefined;
  const hint = word === undefined ? null : `write ${word === 'yes' || word === 'on'}`;
  return refuseValue(located, report, 'true or false', hint);
}

export function readInteger(located: Located, report: Report, minimum: number, maximum: number): number | null {
  const expected = `a whole number from ${minimum} to ${maximum}`;
  if (located.kind !== 'scalar' || typeof located.value !== 'number') {
    return refuseValue(
      located,
      report,
      expected,
      isText(located) && /^\d+$/.test(located.value) ? 'write it without quotes' : null,
    );
  }
  const { value } = located;
  return Number.isInteger(value) && value >= minimum && value <= maximum ? value : refuseValue(located, report, expected);
}

/** Milliseconds; `minimumMs` 1 refuses what would never let anything happen. */
export function readDuration(located: Located, report: Report, minimumMs = 1): number | null {
  if (located.kind === 'scalar' && typeof located.value === 'number') {
    const { value } = located;
    return refuseValue(located, report, 'a duration with a unit', `say which: ${value}s is seconds, ${value}ms milliseconds`);
  }
  if (!isText(located)) return refuseValue(located, report, 'a duration such as 30s');
  const parsed = parseDuration(located.value);
  if (parsed.kind === 'bad') {
    report.refuse(located, `\`${nameOf(located)}\`: ${parsed.message}`, parsed.hint);
    return null;
  }
  return parsed.ms >= minimumMs ? parsed.ms : refuseValue(located, report, 'longer than 0');
}
