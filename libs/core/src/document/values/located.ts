import type { Json } from '../../json.js';
import type { Report, Where } from './problem.js';

/** A document's value that knows where it stands. */
export type Located = LocatedMap | LocatedList | LocatedScalar | Unreadable;

export interface LocatedMap extends Where {
  readonly kind: 'map';
  readonly entries: readonly LocatedEntry[];
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyAt: Where;
  readonly value: Located;
}

export interface LocatedList extends Where {
  readonly kind: 'list';
  readonly items: readonly Located[];
}

export interface LocatedScalar extends Where {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  readonly style: 'plain' | 'quoted' | 'block';
  /** Offset of the first character behind it. */
  readonly end: number;
}

/** Already reported; whoever meets it keeps silent. */
export interface Unreadable extends Where {
  readonly kind: 'unreadable';
}

export type LocatedText = LocatedScalar & { readonly value: string };

export const isText = (located: Located): located is LocatedText =>
  located.kind === 'scalar' && typeof located.value === 'string';

/** Nothing in it has been reported as unreadable. */
export function isReadable(located: Located): boolean {
  switch (located.kind) {
    case 'unreadable':
      return false;
    case 'scalar':
      return true;
    case 'list':
      return located.items.every(isReadable);
    case 'map':
      return located.entries.every(({ value }) => isReadable(value));
  }
}

/** What is unreadable is null: whoever checks the JSON keeps silent about it, or asks isReadable before. */
export function toJson(located: Located): Json {
  switch (located.kind) {
    case 'unreadable':
      return null;
    case 'scalar':
      return located.value;
    case 'list':
      return located.items.map(toJson);
    case 'map':
      return Object.fromEntries(located.entries.map(({ key, value }) => [key, toJson(value)]));
  }
}

export function entryOf(map: LocatedMap, key: string): LocatedEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** `tasks.charge`, `headers["content-type"]` */
export function pathOfKey(path: string, key: string): string {
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Where `path`, written as by pathOfKey and below `root`, stands; if it does not exist, the nearest value around it. */
export function locate(root: Located, path: readonly (string | number)[]): Located {
  let current = root;
  for (const step of path) {
    const next = typeof step === 'number' ? itemAt(current, step) : valueAt(current, step);
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

const itemAt = (located: Located, index: number): Located | undefined =>
  located.kind === 'list' ? located.items[index] : undefined;

const valueAt = (located: Located, key: string): Located | undefined =>
  located.kind === 'map' ? entryOf(located, key)?.value : undefined;

/** `policies[0].errors` → `['policies', 0, 'errors']` */
export function splitPath(path: string): readonly (string | number)[] {
  return Array.from(path.matchAll(/\[\d+\]|[^.[\]]+/g), ([step]) => (step.startsWith('[') ? Number(step.slice(1, -1)) : step));
}

/** Where the character at `offset` of a text's value stands in the document; the value's start if escapes or folding moved it. */
export function insideText(report: Report, text: LocatedText, offset: number): Where {
  const source = report.text.slice(text.offset, text.end);
  if (text.style === 'block') return insideBlock(report, text, offset);
  const start = text.style === 'quoted' ? 1 : 0;
  if (!source.startsWith(text.value, start)) return text;
  return { path: text.path, offset: text.offset + start + offset };
}

/** In a literal block each line of the value is the tail of a line of the source, below the one with the `|`. */
function insideBlock(report: Report, text: LocatedText, offset: number): Where {
  const before = text.value.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const valueLine = text.value.slice(start).replace(/\n.*/s, '');
  const number = report.position(text.offset).line + before.split('\n').length;
  const sourceLine = report.line(number);
  if (report.text.charAt(text.offset) !== '|' || !sourceLine.endsWith(valueLine)) return text;
  const column = sourceLine.length - valueLine.length + offset - start;
  return { path: text.path, offset: report.offsetOf(number, column + 1) };
}
