import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { checkInstant, parseInstant, readDuration } from './time-text.js';
import { aType, Duration, Instant, Optional, Special, typeName, type Value, valueText } from './value.js';

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

type Call = (value: Value, evaluation: Evaluation) => Value;

/** All take one argument. `size(x)` is the method. */
export const FUNCTIONS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['string', toText],
  ['int', toInteger],
  ['double', toNumber],
  ['bool', toBoolean],
  ['type', typeName],
  ['dyn', (value) => value],
  ['timestamp', toInstant],
  ['duration', toDuration],
]);

/** `optional.of(x)` */
export function optionalOf(value: Value): Optional {
  return new Optional(value);
}

/** Unlike interpolation, null is "null" here: what is asked for is its text. */
function toText(value: Value, evaluation: Evaluation): string {
  if (value instanceof Optional) throw cannot('string', value);
  return value === null ? 'null' : valueText(value, evaluation);
}

function toInteger(value: Value): number {
  if (value instanceof Instant) return Math.floor(value.epochMs / 1000);
  if (typeof value === 'number') return Math.trunc(value) + 0;
  if (typeof value !== 'string' || !INTEGER.test(value)) throw cannot('whole number', value);
  const number = Number(value) + 0;
  if (!Number.isSafeInteger(number)) throw new Refusal(`${value.slice(0, 60)} is beyond the whole numbers that JSON keeps exact`);
  return number;
}

function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw cannot('number', value);
  return number + 0;
}

function toBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw cannot('bool', value);
}

function toInstant(value: Value): Instant {
  if (value instanceof Instant) return value;
  if (typeof value === 'string') return new Instant(parseInstant(value));
  if (typeof value === 'number') return new Instant(checkInstant(value * 1000));
  throw cannot('timestamp', value);
}

function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === 'string') return new Duration(readDuration(value));
  throw cannot('duration', value);
}

function cannot(kind: string, value: Value): Refusal {
  const shown = value instanceof Special || value === null ? aType(value) : `${aType(value)} (${shorten(value)})`;
  return new Refusal(`cannot make a ${kind} of ${shown}`);
}

function shorten(value: Value): string {
  return typeof value === 'object' ? '…' : JSON.stringify(value).slice(0, 60);
}
