import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { aType, type Value } from './value.js';

export interface Method<Receiver> {
  /** fewest and most arguments */
  readonly args: readonly [number, number];
  readonly run: (receiver: Receiver, args: readonly Value[], evaluation: Evaluation) => Value;
}

export type TypeMethods<Receiver> = Readonly<Record<string, Method<Receiver>>>;

export function textArgument(args: readonly Value[], position: number): string {
  const value = args[position];
  if (typeof value === 'string') return value;
  throw new Refusal(`argument ${position + 1} must be a string, not ${aType(value)}`);
}

export function wholeArgument<Missing extends number | null>(
  args: readonly Value[],
  position: number,
  missing: Missing,
): number | Missing {
  const value = args[position];
  if (value === undefined) return missing;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Refusal(`argument ${position + 1} must be a whole number, not ${typeof value === 'number' ? value : aType(value)}`);
}
