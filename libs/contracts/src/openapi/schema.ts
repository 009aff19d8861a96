import type { Json } from '@reprise/core';

/** JSON Schema 2020-12, as OpenAPI 3.1 and AsyncAPI 3.0 take it. */
export type Schema = { readonly [keyword: string]: Json };

/** Every field of the contract, so that one which is added there and not here does not compile. */
type FieldsOf<Shape> = { readonly [Field in keyof Shape]-?: Schema };

export const ANYTHING: Schema = {};
export const TEXT: Schema = { type: 'string' };
export const FLAG: Schema = { type: 'boolean' };
export const COUNT: Schema = { type: 'integer', minimum: 0 };
export const ORDINAL: Schema = { type: 'integer', minimum: 1 };
export const ID: Schema = { type: 'string', format: 'uuid' };
export const INSTANT: Schema = { type: 'string', format: 'date-time' };
export const TEXTS: Schema = { type: 'object', additionalProperties: TEXT };

/** An object with these fields; further ones may come with later versions, so readers must let them pass. */
export function shape<Shape>(fields: FieldsOf<Shape>, optional: readonly (keyof Shape & string)[] = []): Schema {
  const required = Object.keys(fields).filter((name) => !(optional as readonly string[]).includes(name));
  return { type: 'object', required, properties: fields };
}

/** An object that has all of these. */
export const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

export const said = (description: string, schema: Schema): Schema => ({ ...schema, description });

export const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** Each value of the type once: one that is missing does not compile. */
export const words = <Word extends string>(all: Readonly<Record<Word, true>>): Schema => ({
  type: 'string',
  enum: Object.keys(all),
});

export const wordsOf = (all: readonly string[]): Schema => ({ type: 'string', enum: [...all] });

export const component = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export function orNull(schema: Schema): Schema {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
}

/** A page of a list. */
export const pageOf = (items: Schema): Schema => ({
  type: 'object',
  required: ['items', 'next'],
  properties: { items: listOf(items), next: said('Opaque cursor; null: this was the last page.', orNull(TEXT)) },
});
