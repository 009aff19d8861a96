import { isReference, type Ref, type Reference } from './reference.js';

declare const DESCRIBES: unique symbol;

/** A JSON Schema, or none, of which the type is known besides. */
export interface Typed<Value> {
  readonly [DESCRIBES]?: Value;
}

/** JSON Schema 2020-12. */
export type JsonSchema = object | boolean;

/**
 * Says what something is where TypeScript cannot know: `typed<Order>()` for an input without a schema, `typed<Order>(schema)` for one
 * with, `typed<Order>(event.data)` for a reference to data that nobody has described.
 */
export function typed<Value>(reference: Reference<unknown>): Ref<Value>;
export function typed<Value>(schema?: JsonSchema): Typed<Value>;
export function typed(value: Reference<unknown> | JsonSchema = NO_SCHEMA): unknown {
  return value;
}

const NO_SCHEMA: object = Object.freeze({});

/** The schema as the document has it; undefined: there is none. */
export const schemaOf = (schema: unknown): unknown => {
  if (isReference(schema)) throw new TypeError('a schema cannot be a reference');
  return schema === NO_SCHEMA ? undefined : schema;
};

/** The type that a schema describes, as far as its `type`, `properties`, `items`, `enum`, `const`, `anyOf` and `oneOf` say it. */
export type FromSchema<Schema> = typeof DESCRIBES extends keyof Schema
  ? Schema extends Typed<infer Value>
    ? Value
    : unknown
  : Schema extends { readonly const: infer Value }
    ? Value
    : Schema extends { readonly enum: readonly (infer Value)[] }
      ? Value
      : Schema extends { readonly anyOf: readonly (infer Choice)[] } | { readonly oneOf: readonly (infer Choice)[] }
        ? FromChoice<Choice>
        : Schema extends { readonly type: readonly (infer Name)[] }
          ? FromName<Name, Schema>
          : Schema extends { readonly type: infer Name }
            ? FromName<Name, Schema>
            : unknown;

type FromChoice<Choice> = Choice extends unknown ? FromSchema<Choice> : never;

type FromName<Name, Schema> = Name extends 'string'
  ? string
  : Name extends 'number' | 'integer'
    ? number
    : Name extends 'boolean'
      ? boolean
      : Name extends 'null'
        ? null
        : Name extends 'array'
          ? readonly (Schema extends { readonly items: infer Items } ? FromSchema<Items> : unknown)[]
          : Name extends 'object'
            ? FromProperties<Schema>
            : unknown;

type FromProperties<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      { readonly [Name in keyof Properties & RequiredName<Schema>]: FromSchema<Properties[Name]> } & {
        readonly [Name in Exclude<keyof Properties, RequiredName<Schema>>]?: FromSchema<Properties[Name]>;
      }
    >
  : Schema extends { readonly additionalProperties: infer Other extends object }
    ? { readonly [name: string]: FromSchema<Other> }
    : { readonly [name: string]: unknown };

type RequiredName<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never;

type Flat<Shape> = { readonly [Name in keyof Shape]: Shape[Name] };
