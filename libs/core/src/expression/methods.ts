import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { LIST_METHODS } from './list-methods.js';
import type { Method, TypeMethods } from './method.js';
import { TEXT_METHODS } from './text-methods.js';
import { DURATION_METHODS, INSTANT_METHODS } from './time-methods.js';
import { aType, Duration, Instant, isList, isMap, keysOf, Optional, type Value, type ValueMap } from './value.js';

const MAP_METHODS: TypeMethods<ValueMap> = { size: { args: [0, 0], run: mapSize } };

function mapSize(map: ValueMap, _args: readonly Value[], evaluation: Evaluation): number {
  return keysOf(map, evaluation).length;
}

/** `or` and `orValue` evaluate their argument only if needed: the compiler has them. */
const OPTIONAL_METHODS: TypeMethods<Optional> = {
  hasValue: { args: [0, 0], run: (optional) => optional.content !== undefined },
  value: { args: [0, 0], run: contentOf },
};

function contentOf(optional: Optional): Value {
  if (optional.content === undefined) throw new Refusal('there is no value; write .orValue(…) to give one for that case');
  return optional.content;
}

type Guard<Receiver extends Value> = (value: Value) => value is Receiver;
type AnyMethod = {
  readonly type: string;
  readonly args: Method<never>['args'];
  readonly run: (...parameters: Call) => Value | undefined;
};
type Call = [receiver: Value, args: readonly Value[], evaluation: Evaluation];

const byName = new Map<string, AnyMethod[]>();
register('string', (value): value is string => typeof value === 'string', TEXT_METHODS);
register('list', isList, LIST_METHODS);
register('map', isMap, MAP_METHODS);
register('timestamp', (value): value is Instant => value instanceof Instant, INSTANT_METHODS);
register('duration', (value): value is Duration => value instanceof Duration, DURATION_METHODS);
register('optional', (value): value is Optional => value instanceof Optional, OPTIONAL_METHODS);

function register<Receiver extends Value>(type: string, guard: Guard<Receiver>, methods: TypeMethods<Receiver>): void {
  for (const [name, { args, run }] of Object.entries(methods)) {
    const known = byName.get(name) ?? [];
    known.push({ type, args, run: (receiver, ...rest) => (guard(receiver) ? run(receiver, ...rest) : undefined) });
    byName.set(name, known);
  }
}

export const METHOD_NAMES: readonly string[] = [
  ...byName.keys(),
  'or',
  'orValue',
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
];

export interface Overloads {
  /** Fewest and most arguments over all types that have the method. */
  readonly arity: readonly [number, number];
  /** The receiver's type picks the implementation. */
  readonly call: (...call: Call) => Value;
}

/** The method of a name, or null if no type has it. */
export function findMethod(name: string): Overloads | null {
  const known = byName.get(name);
  if (known === undefined) return null;
  const arity = [Math.min(...known.map(({ args }) => args[0])), Math.max(...known.map(({ args }) => args[1]))] as const;
  const call = (...[receiver, args, evaluation]: Call): Value => {
    if (typeof receiver === 'string') evaluation.spendText(receiver.length);
    for (const method of known) {
      const value = method.run(receiver, args, evaluation);
      if (value !== undefined) return value;
    }
    const types = known.map(({ type }) => `a ${type}`).join(' or ');
    throw new Refusal(`${name}() works on ${types}, not on ${aType(receiver)}`);
  };
  return { arity, call };
}
