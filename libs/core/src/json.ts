export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Serialized JSON, already cleaned: Postgres accepts it as `json` and as `jsonb`. */
export type JsonText = string & { readonly __jsonText: unique symbol };

export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly code = 'NOT_SERIALIZABLE';
}

export type JsonMeasure =
  | { readonly kind: 'ok' }
  | { readonly kind: 'too-deep' | 'bad-text' | 'bad-number' | 'forbidden-key'; readonly path: string };

/**
 * JSON.stringify for what goes into the database: NUL and lone surrogates, in strings and in keys, become U+FFFD;
 * undefined and non-finite numbers become null. Throws JsonError for cycles, BigInt, a throwing toJSON.
 */
export function toJsonText(value: unknown): JsonText {
  const text = stringify(value);
  // Without \u there is no NUL and no lone surrogate: JSON.stringify escapes both.
  return (text.includes('\\u') ? text.replace(/\\(?:u([0-9a-f]{4})|.)/g, cleanEscape) : text) as JsonText;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (cause) {
    throw new JsonError(`not serializable as JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function cleanEscape(written: string, hex: string | undefined): string {
  if (hex === undefined) return written;
  return hex === '0000' || (hex >= 'd800' && hex <= 'dfff') ? '\ufffd' : written;
}

export function parseJsonText(text: JsonText): Json {
  return JSON.parse(text) as Json;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const isBadText = (text: string): boolean => text.includes('\0') || LONE_SURROGATE.test(text);

interface Level {
  readonly container: object;
  /** null for an array */
  readonly keys: readonly string[] | null;
  readonly size: number;
  next: number;
}

/**
 * The first thing in `value` that the ledger would not keep as it is: nesting beyond `maxDepth` containers (cycles too), NUL or
 * lone surrogates in strings and keys, non-finite numbers and BigInt, the key `__proto__`. `path` reads like `items[0].name`.
 * Iterative: hostile nesting cannot overflow the stack.
 */
export function measureJson(value: unknown, limits: { readonly maxDepth: number }): JsonMeasure {
  const levels: Level[] = [];
  let current: unknown = value;
  for (;;) {
    const kind = findFault(current, levels, limits.maxDepth);
    if (kind !== null) return { kind, path: pathOf(levels) };
    if (typeof current === 'object' && current !== null) levels.push(enter(current));
    let level = levels.at(-1);
    while (level !== undefined && level.next === level.size) {
      levels.pop();
      level = levels.at(-1);
    }
    if (level === undefined) return { kind: 'ok' };
    current = Reflect.get(level.container, level.keys?.[level.next] ?? level.next);
    level.next += 1;
  }
}

function findFault(value: unknown, levels: readonly Level[], maxDepth: number): Exclude<JsonMeasure['kind'], 'ok'> | null {
  const level = levels.at(-1);
  const key = level?.keys?.[level.next - 1];
  if (key === '__proto__') return 'forbidden-key';
  if (key !== undefined && isBadText(key)) return 'bad-text';
  switch (typeof value) {
    case 'string':
      return isBadText(value) ? 'bad-text' : null;
    case 'number':
      return Number.isFinite(value) ? null : 'bad-number';
    case 'bigint':
      return 'bad-number';
    case 'object':
      return value !== null && levels.length >= maxDepth ? 'too-deep' : null;
    default:
      return null;
  }
}

function enter(container: object): Level {
  if (Array.isArray(container)) return { container, keys: null, size: container.length, next: 0 };
  const keys = Object.keys(container);
  return { container, keys, size: keys.length, next: 0 };
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const { keys, next } of levels) {
    const key = keys?.[next - 1];
    if (key === undefined) path += `[${next - 1}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

/** The one text of a JSON value, for hashing: RFC 8785 (keys in UTF-16 order, ECMAScript numbers, no white space). */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries: string[] = [];
  for (const [key, item] of Object.entries(value).sort(byKey)) entries.push(`${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
