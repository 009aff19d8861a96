import { compound, isReference, operandOf, optionalOf, quoted, type Ref, type Reference } from './reference.js';

/**
 * What can be put into an expression: references, and plain values, which are written out. (With
 * `noUncheckedIndexedAccess` an item of a list may be undefined to the compiler; none is.)
 */
export type Operand =
  | Reference<unknown>
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Operand[]
  | { readonly [key: string]: Operand };

/**
 * An expression as the document writes it, with references and values in it: expr`${input.total} > ${limit}`. Backslashes are the
 * expression's own. Say what it gives where that matters: expr<number>`${input.total} * 100`; without, it may stand for anything.
 */
export function expr<Value = never>(text: TemplateStringsArray, ...operands: readonly Operand[]): Ref<Value>;
export function expr(text: TemplateStringsArray, ...operands: readonly Operand[]): object {
  const parts = text.raw.map((part, at) => (at < operands.length ? part + written(operands[at]) : part));
  return compound(parts.join('').trim());
}

/** What a reference stands for, or `fallback` where that is null or there is no such thing. */
export function orValue<Value, Fallback extends Operand>(
  reference: Reference<Value> | undefined,
  fallback: Fallback,
): Ref<NonNullable<Value> | Plain<Fallback>>;
export function orValue(reference: Reference<unknown> | undefined, fallback: Operand): object {
  if (reference === undefined) throw new TypeError('orValue takes a reference');
  const [optional, whole] = [optionalOf(reference), operandOf(reference)];
  if (optional !== null && fallback === null) return compound(`${optional}.orValue(null)`);
  const perhaps = optional === null ? whole : `${optional}.orValue(null)`;
  return compound(`${perhaps} == null ? ${written(fallback)} : ${whole}`);
}

type Plain<Value> =
  Value extends Reference<infer Inner>
    ? Inner
    : Value extends string
      ? string
      : Value extends number
        ? number
        : Value extends boolean
          ? boolean
          : Value;

function written(operand: unknown): string {
  if (isReference(operand)) return operandOf(operand);
  if (operand === null || typeof operand === 'boolean') return String(operand);
  if (typeof operand === 'string') return quoted(operand);
  if (typeof operand === 'number' && Number.isFinite(operand)) return operand < 0 ? `(${operand})` : String(operand);
  if (Array.isArray(operand)) return `[${operand.map(written).join(', ')}]`;
  if (typeof operand !== 'object') throw new TypeError(`${String(operand)} cannot be written in an expression`);
  const entries = Object.entries(operand).map(([key, value]) => `${quoted(key)}: ${written(value)}`);
  return `{${entries.join(', ')}}`;
}
