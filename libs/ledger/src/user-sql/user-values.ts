import { types } from 'pg';

type Parse = (text: string) => unknown;

const asIs: Parse = (text) => text;
/** What JSON has no number for stays text. */
const finite: Parse = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const parsed: Parse = (text) => JSON.parse(text) as unknown;
/** `2026-11-22 13:11:00.5+00` → `2026-11-22T13:11:00.5Z`; the session's time zone is UTC. `infinity` and dates BC stay as Postgres writes them. */
const instant: Parse = (text) =>
  text.replace(
    /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?$/,
    (_, day, time, utc) => `${day}T${time}${utc === undefined ? '' : 'Z'}`,
  );

const SCALARS: ReadonlyMap<number, Parse> = new Map([
  [16, (text) => text === 't'],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, finite],
  [701, finite],
  [114, parsed],
  [3802, parsed],
  [1114, instant],
  [1184, instant],
]);
/** Arrays by the type of their elements. */
const ARRAYS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1005, 21],
  [1007, 23],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1231, 1700],
  [1009, 25],
  [1015, 1043],
  [1002, 1042],
  [2951, 2950],
  [199, 114],
  [3807, 3802],
  [1115, 1114],
  [1185, 1184],
  [1182, 1082],
]);
const TEXT_ARRAY: number = 1009;

/**
 * How a column of users' SQL becomes JSON: booleans, int2, int4 and floats as such, json and jsonb parsed, timestamps in RFC 3339,
 * arrays as lists; everything else (int8, numeric, dates, uuid, bytea in hex…) as Postgres writes it, as no JSON number holds it exactly.
 */
function parserOf(oid: number): Parse {
  const element = ARRAYS.get(oid);
  if (element === undefined) return SCALARS.get(oid) ?? asIs;
  const parseList: (text: string) => unknown = types.getTypeParser(TEXT_ARRAY, 'text');
  const parseOne = SCALARS.get(element) ?? asIs;
  return (text) => eachOf(parseList(text), parseOne);
}

/** The same for values that are only kept while `take` says so of their length: millions of them take longer to parse than a lease is long. */
export function parserWhile(oid: number, take: (length: number) => boolean): Parse {
  const parse = parserOf(oid);
  return (text) => (take(text.length) ? parse(text) : null);
}

function eachOf(value: unknown, parse: Parse): unknown {
  if (Array.isArray(value)) return value.map((item) => eachOf(item, parse));
  return typeof value === 'string' ? parse(value) : value;
}
