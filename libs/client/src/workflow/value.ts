import type { Reference, Secret } from './reference.js';

/** What may be given where a run will have a `Value`: the value itself, a reference to one, or a mixture. */
export type Value<Wanted> = [unknown] extends [Wanted] ? AnyValue : Reference<Wanted> | Literal<Wanted>;

type Literal<Wanted> = Wanted extends string
  ? Wanted | (string extends Wanted ? Secret : never)
  : Wanted extends number | boolean | null
    ? Wanted
    : Wanted extends readonly unknown[]
      ? { readonly [Position in keyof Wanted]: Value<Wanted[Position]> }
      : Wanted extends object
        ? { readonly [Field in keyof Wanted]: Value<Exclude<Wanted[Field], undefined>> }
        : never;

export type AnyValue =
  | Reference<unknown>
  | Secret
  | string
  | number
  | boolean
  | null
  | readonly AnyValue[]
  | { readonly [key: string]: AnyValue | undefined };

/** What a run will have where `Given` was given. */
export type Resolved<Given> = unknown extends Given
  ? unknown
  : [Given] extends [Secret]
    ? string
    : Given extends Reference<infer Wanted>
      ? [Wanted] extends [never]
        ? unknown
        : Wanted
      : Given extends Secret
        ? string
        : Given extends string | number | boolean | null
          ? Widened<Given>
          : Given extends undefined
            ? never
            : Given extends readonly unknown[]
              ? { readonly [Position in keyof Given]: Resolved<Given[Position]> }
              : Given extends object
                ? { readonly [Field in keyof Given]: Resolved<Given[Field]> }
                : unknown;

/** A text may have `${{ … }}` in it, so nothing is known of what it will say. */
type Widened<Given> = Given extends string ? string : Given;

/** Given as it stands, or read from what is in scope. */
export type From<Scope, Wanted> = Wanted | ((scope: Scope) => Wanted);

/** A callback gives an expression: `input.total > 0` of JavaScript would be decided here, and not in the run. */
export type Condition<Scope> = boolean | Reference<boolean> | ((scope: Scope) => Reference<boolean>);
