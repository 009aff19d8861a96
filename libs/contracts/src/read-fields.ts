import { isUuid, type JsonText } from '@reprise/core';

/** A message that is not what it should be; the text says which field. */
export class FieldError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

/** Reads typed fields out of a parsed message, or says which one is wrong. */
export function fieldReader(value: unknown) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldError('an object is expected');
  const fields = value as Fields;
  const fail = (name: string, expected: string): never => {
    throw new FieldError(`\`${name}\` must be ${expected}`);
  };
  const count = (name: string): number => {
    const field = fields[name];
    return typeof field === 'number' && Number.isSafeInteger(field) && field >= 0 ? field : fail(name, 'a whole number from 0');
  };
  const text = (name: string): string => {
    const field = fields[name];
    return typeof field === 'string' && field.length <= 4_096 ? field : fail(name, 'text');
  };
  return {
    fields,
    count,
    text,
    /** Absent: null. */
    textOrNull: (name: string): string | null => (fields[name] === undefined || fields[name] === null ? null : text(name)),
    /** JSON as text; absent: null. */
    jsonOrNull: (name: string): JsonText | null => {
      const field = fields[name] ?? null;
      if (field === null) return null;
      return typeof field === 'string' ? (field as JsonText) : fail(name, 'JSON as text');
    },
    /** Counted from 1. */
    ordinal: (name: string): number => (count(name) > 0 ? count(name) : fail(name, 'a whole number from 1')),
    /** Absent: false. */
    flag: (name: string): boolean => {
      const field = fields[name] ?? false;
      return typeof field === 'boolean' ? field : fail(name, 'true or false');
    },
    uuid: (name: string): string => {
      const field = text(name);
      return isUuid(field) ? field : fail(name, 'a lower-case UUID');
    },
    at: (name: string): string => {
      const field = text(name);
      return /^(\d{1,9}(\.\d{1,9})*)?$/.test(field) ? field : fail(name, 'item indices such as 3.0');
    },
    list: (name: string): readonly unknown[] => {
      const field = fields[name];
      return Array.isArray(field) ? field : fail(name, 'a list');
    },
    /** Epoch milliseconds. */
    instant: (name: string): number => {
      const field = fields[name];
      return typeof field === 'number' && Number.isFinite(field) && field >= 0 ? field : fail(name, 'epoch milliseconds');
    },
    oneOf: <Value extends string>(name: string, values: readonly Value[]): Value =>
      values.find((value) => value === fields[name]) ?? fail(name, values.join(' or ')),
    optional: <Name extends string>(name: Name): { readonly [Key in Name]?: number } =>
      fields[name] === undefined ? {} : ({ [name]: count(name) } as { readonly [Key in Name]?: number }),
  };
}
