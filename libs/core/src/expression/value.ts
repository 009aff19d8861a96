import type { Json } from '../json.js';
import type { Evaluation } from './evaluation.js';
import { formatInstant, writeDuration } from './time-text.js';

/** What an expression works on: JSON, plus three kinds that exist only between its operators. */
export type Value = null | boolean | number | string | readonly Value[] | ValueMap | Special;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** A value that JSON does not have. */
export abstract class Special {
  abstract readonly typeName: string;
  abstract toJson(): Value;
}

export class Optional extends Special {
  readonly typeName = 'optional';

  /** undefined: nothing there. null is a value. */
  constructor(readonly content: Value | undefined) {
    super();
  }

  toJson(): Value {
    return this.content === undefined ? null : this.content;
  }
}

export const NONE = new Optional(undefined);

export class Instant extends Special {
  readonly typeName = 'timestamp';

  constructor(readonly epochMs: number) {
    super();
  }

  toJson(): string {
    return formatInstant(this.epochMs);
  }
}

export class Duration extends Special {
  readonly typeName = 'duration';

  constructor(readonly lengthMs: number) {
    super();
  }

  toJson(): string {
    return writeDuration(this.lengthMs);
  }
}

export function isMap(value: Value): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Special);
}

/** The keys of a map, paid for. */
export function keysOf(map: ValueMap, evaluation: Evaluation): readonly string[] {
  const keys = Object.keys(map);
  evaluation.spendItems(keys.length);
  return keys;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function typeName(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Special) return value.typeName;
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'map';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** "a number", "an optional": for messages. */
export function aType(value: Value | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Optional) return 'an optional (take its value with .orValue(…))';
  return `a ${typeName(value)}`;
}

/** The value as plain JSON. Copies only where a Special is inside. */
export function toJson(value: Value): Json {
  if (value instanceof Special) return toJson(value.toJson());
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) {
    let copy: Json[] | null = null;
    for (const [index, item] of value.entries()) {
      const json = toJson(item);
      if (json !== item) copy ??= value.slice(0, index) as Json[];
      copy?.push(json);
    }
    return copy ?? (value as readonly Json[]);
  }
  return mapToJson(value);
}

function mapToJson(map: ValueMap): Json {
  let copy: Record<string, Json> | null = null;
  for (const [key, item] of Object.entries(map)) {
    const json = toJson(item);
    if (json === item) continue;
    copy ??= { ...(map as { [key: string]: Json }) };
    copy[key] = json;
  }
  return copy ?? (map as { readonly [key: string]: Json });
}

/** As interpolated into text: null is empty, lists and maps are JSON. */
export function valueText(value: Value, evaluation: Evaluation): string {
  if (typeof value === 'string') {
    evaluation.spendText(value.length);
    return value;
  }
  if (value !== null && typeof value !== 'object') return String(value);
  // Values may share parts a million times over: measure before copying and writing.
  evaluation.spendText(evaluation.measure(value));
  const json = toJson(value);
  if (json === null) return '';
  return typeof json === 'string' ? json : JSON.stringify(json);
}
