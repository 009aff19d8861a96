import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { suggest } from './nearest-name.js';
import { aType, isList, isMap, keysOf, NONE, Optional, type Value } from './value.js';

/** Own fields only: `constructor`, `__proto__` and the like are found only if the data has them. */
function own(value: Value, name: string): Value | undefined {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** `value.name` */
export function readField(value: Value, name: string, evaluation: Evaluation): Value {
  const found = own(value, name);
  if (found !== undefined) return found;
  if (value instanceof Optional) return readOptionalField(value, name);
  if (value === null) throw new Refusal(`cannot read "${name}" of null; write .?${name} if it may be missing`);
  if (isMap(value)) throw new Refusal(`no field "${name}"${suggest(name, keysOf(value, evaluation))}`);
  const hint = name === 'length' && (isList(value) || typeof value === 'string') ? '; write size(…)' : '';
  throw new Refusal(`${aType(value)} has no field "${name}"${hint}`);
}

/** `value.?name`: an optional; null counts as a map without fields, because a skipped task's output is null. */
export function readOptionalField(value: Value, name: string): Optional {
  const target = value instanceof Optional ? value.toJson() : value;
  if (target !== null && !isMap(target)) throw new Refusal(`${aType(target)} has no field "${name}"`);
  const found = own(target, name);
  return found === undefined ? NONE : new Optional(found);
}

/** `has(value.name)` */
export function hasField(value: Value, name: string): boolean {
  return readOptionalField(value, name).content !== undefined;
}

/** `value[index]` */
export function readIndex(value: Value, index: Value, evaluation: Evaluation): Value {
  if (value instanceof Optional) return readOptionalIndex(value, index);
  if (isMap(value)) return readField(value, keyOf(index), evaluation);
  if (!isList(value)) throw new Refusal(`cannot index ${aType(value)}`);
  const found = value[positionOf(index)];
  if (found === undefined) throw new Refusal(`no item ${String(index)}; the list has ${value.length}, counted from 0`);
  return found;
}

/** `value[?index]` */
export function readOptionalIndex(value: Value, index: Value): Optional {
  const target = value instanceof Optional ? value.toJson() : value;
  if (!isList(target)) return readOptionalField(target, keyOf(index));
  const found = target[positionOf(index)];
  return found === undefined ? NONE : new Optional(found);
}

function keyOf(index: Value): string {
  if (typeof index === 'string') return index;
  throw new Refusal(`a key must be a string, not ${aType(index)}`);
}

function positionOf(index: Value): number {
  if (typeof index === 'number' && Number.isInteger(index)) return index;
  throw new Refusal(`a position in a list must be a whole number, not ${typeof index === 'number' ? index : aType(index)}`);
}
