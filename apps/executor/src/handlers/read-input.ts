import { type Json, parseDuration } from '@reprise/core';
import { closestName } from '@reprise/service';
import { TaskError } from '@reprise/worker';

type JsonMap = { readonly [key: string]: Json };
export type Scalar = string | number | boolean;

const isMap = (value: Json | undefined): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: Json | undefined): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Never retried: the same input will be wrong again. */
export function invalidInput(call: string, field: string | null, message: string): TaskError {
  return new TaskError('INVALID_INPUT', `${call}: ${message}`, { retryable: false, details: field === null ? {} : { field } });
}

/** The input of a built-in handler, field by field. null is a field that is not there: an expression may have found nothing. Throws `INVALID_INPUT`. */
export class InputReader {
  private readonly map: JsonMap;

  constructor(
    private readonly call: string,
    input: Json,
    fields: readonly string[],
  ) {
    const known = fields.map((name) => `\`${name}\``).join(', ');
    if (!isMap(input)) throw invalidInput(call, null, `the input must be a map with ${known}, not ${nameOf(input)}`);
    for (const name of Object.keys(input)) {
      if (fields.includes(name)) continue;
      const near = closestName(name, fields);
      const hint = near === null ? `it has ${known}` : `did you mean \`${near}\`?`;
      throw invalidInput(call, name, `\`${name}\` is not a field of its input; ${hint}`);
    }
    this.map = input;
  }

  value(name: string): Json {
    return this.map[name] ?? null;
  }

  has(name: string): boolean {
    return this.value(name) !== null;
  }

  text(name: string): string | null {
    const value = this.value(name);
    if (value !== null && typeof value !== 'string') throw this.wrong(name, 'a text', value);
    return value;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === null) throw invalidInput(this.call, name, `\`${name}\` is missing`);
    return value;
  }

  /** Milliseconds. */
  duration(name: string): number | null {
    const value = this.text(name);
    if (value === null) return null;
    const parsed = parseDuration(value);
    if (parsed.kind === 'bad') throw invalidInput(this.call, name, `\`${name}\`: ${parsed.message}; ${parsed.hint}`);
    return parsed.ms;
  }

  list(name: string): readonly Json[] {
    const value = this.value(name);
    if (value === null) return [];
    if (!Array.isArray(value)) throw this.wrong(name, 'a list', value);
    return value;
  }

  /** Texts, numbers and booleans, as text. */
  scalars(name: string): readonly string[] {
    return this.list(name).map((item, index) => {
      if (!isScalar(item)) throw this.wrong(`${name}[${index}]`, 'a text, a number or a boolean', item);
      return String(item);
    });
  }

  entries(name: string): readonly (readonly [string, Json])[] {
    const value = this.value(name);
    if (value === null) return [];
    if (!isMap(value)) throw this.wrong(name, 'a map', value);
    return Object.entries(value);
  }

  /** A map of texts, numbers and booleans, as text; entries that are null are left out. */
  scalarEntries(name: string): readonly (readonly [string, string])[] {
    return this.entries(name).flatMap(([key, value]) => {
      if (value === null) return [];
      if (!isScalar(value)) throw this.wrong(`${name}.${key}`, 'a text, a number or a boolean', value);
      return [[key, String(value)] as const];
    });
  }

  wrong(name: string, expected: string, value: Json): TaskError {
    return invalidInput(this.call, name, `\`${name}\` must be ${expected}, not ${nameOf(value)}`);
  }

  refuse(name: string, message: string): TaskError {
    return invalidInput(this.call, name, `\`${name}\` ${message}`);
  }
}

/** Its kind, never its value: an input may hold secrets. */
function nameOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
