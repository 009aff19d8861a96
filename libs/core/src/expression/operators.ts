import type { Evaluation } from './evaluation.js';
import { BudgetExceeded, Refusal } from './expression-error.js';
import { checkInstant } from './time-text.js';
import { aType, Duration, Instant, isList, isMap, keysOf, Optional, type Value } from './value.js';

/** The stack must hold, whatever the data. */
const MAX_COMPARED_DEPTH = 200;

type Operate = (left: Value, right: Value, evaluation: Evaluation) => Value;

/** Operators that evaluate both sides. `&&` and `||` do not. */
export const OPERATORS: Readonly<Record<'==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%', Operate>> = {
  '==': equal,
  '!=': (left, right, evaluation) => !equal(left, right, evaluation),
  '<': (left, right, evaluation) => compare(left, right, evaluation) < 0,
  '<=': (left, right, evaluation) => compare(left, right, evaluation) <= 0,
  '>': (left, right, evaluation) => compare(left, right, evaluation) > 0,
  '>=': (left, right, evaluation) => compare(left, right, evaluation) >= 0,
  in: isIn,
  '+': add,
  '-': subtract,
  '*': (left, right) => calculate('multiply', left, right, (a, b) => a * b),
  '/': (left, right) => calculate('divide', left, right, (a, b) => a / notZero(b)),
  '%': (left, right) => calculate('divide', left, right, (a, b) => a % notZero(b)),
};

/** JSON deep equality; an optional stands for its value, or null. */
export function equal(left: Value | undefined, right: Value | undefined, evaluation: Evaluation, depth = 0): boolean {
  const a = left instanceof Optional ? left.toJson() : left;
  const b = right instanceof Optional ? right.toJson() : right;
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) evaluation.spendText(a.length);
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (depth > MAX_COMPARED_DEPTH) throw new BudgetExceeded(`it compares values nested deeper than ${MAX_COMPARED_DEPTH} levels`);
  evaluation.spend(1);
  if (a instanceof Instant) return b instanceof Instant && a.epochMs === b.epochMs;
  if (a instanceof Duration) return b instanceof Duration && a.lengthMs === b.lengthMs;
  if (isList(a))
    return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index], evaluation, depth + 1));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = keysOf(a, evaluation);
  if (keys.length !== keysOf(b, evaluation).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], evaluation, depth + 1));
}

/** Below, at or above zero. */
export function compare(left: Value, right: Value, evaluation: Evaluation): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    evaluation.spendText(Math.min(left.length, right.length));
    return left < right ? -1 : Number(left > right);
  }
  if (left instanceof Instant && right instanceof Instant) return left.epochMs - right.epochMs;
  if (left instanceof Duration && right instanceof Duration) return left.lengthMs - right.lengthMs;
  throw new Refusal(`cannot order ${aType(left)} and ${aType(right)}; only two numbers or two strings have an order`);
}

function isIn(item: Value, container: Value, evaluation: Evaluation): boolean {
  if (isList(container)) {
    evaluation.spendItems(container.length);
    return container.some((candidate) => equal(item, candidate, evaluation));
  }
  if (isMap(container)) return typeof item === 'string' && Object.hasOwn(container, item);
  const hint = typeof container === 'string' ? '; for text inside text write text.contains(…)' : '';
  throw new Refusal(`"in" needs a list or a map on its right, not ${aType(container)}${hint}`);
}

function add(left: Value, right: Value, evaluation: Evaluation): Value {
  if (typeof left === 'number' && typeof right === 'number') return finite(left + right);
  if (isTextOrNumber(left) && isTextOrNumber(right)) {
    const text = `${left}${right}`;
    evaluation.spendText(text.length);
    return text;
  }
  if (isList(left) && isList(right)) {
    evaluation.spendItems(left.length + right.length);
    return [...left, ...right];
  }
  if (right instanceof Duration) {
    if (left instanceof Instant) return new Instant(checkInstant(left.epochMs + right.lengthMs));
    if (left instanceof Duration) return new Duration(left.lengthMs + right.lengthMs);
  }
  if (left instanceof Duration && right instanceof Instant) return new Instant(checkInstant(left.lengthMs + right.epochMs));
  const hint = typeof left === 'string' || typeof right === 'string' ? '; to make it text write string(…)' : '';
  throw new Refusal(`cannot add ${aType(left)} and ${aType(right)}${hint}`);
}

function isTextOrNumber(value: Value): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function subtract(left: Value, right: Value): Value {
  if (left instanceof Instant && right instanceof Instant) return new Duration(left.epochMs - right.epochMs);
  if (left instanceof Instant && right instanceof Duration) return new Instant(checkInstant(left.epochMs - right.lengthMs));
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.lengthMs - right.lengthMs);
  return calculate('subtract', left, right, (a, b) => a - b);
}

function calculate(verb: string, left: Value, right: Value, operate: (a: number, b: number) => number): number {
  if (typeof left === 'number' && typeof right === 'number') return finite(operate(left, right));
  throw new Refusal(`cannot ${verb} ${aType(left)} and ${aType(right)}; both must be numbers`);
}

function notZero(divisor: number): number {
  if (divisor === 0) throw new Refusal('division by zero');
  return divisor;
}

/** JSON has neither infinity nor a negative zero. */
export function finite(number: number): number {
  if (!Number.isFinite(number)) throw new Refusal('the result is too large for a number');
  return number + 0;
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return 0 - value;
  if (value instanceof Duration) return new Duration(0 - value.lengthMs);
  throw new Refusal(`cannot negate ${aType(value)}`);
}
