import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { type TypeMethods, textArgument } from './method.js';
import { compare, finite } from './operators.js';
import { aType, type Value, valueText } from './value.js';

export const LIST_METHODS: TypeMethods<readonly Value[]> = {
  size: { args: [0, 0], run: (list) => list.length },
  sum: { args: [0, 0], run: sum },
  join: { args: [0, 1], run: (list, args, evaluation) => join(list, args.length === 0 ? '' : textArgument(args, 0), evaluation) },
  sort: { args: [0, 0], run: sort },
};

function sum(list: readonly Value[], _args: readonly Value[], evaluation: Evaluation): number {
  evaluation.spendItems(list.length);
  let total = 0;
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'number') throw new Refusal(`item ${index} is ${aType(item)}, not a number`);
    total += item;
  }
  return finite(total);
}

function join(list: readonly Value[], separator: string, evaluation: Evaluation): string {
  evaluation.spendItems(list.length);
  evaluation.spendText(list.length * separator.length);
  return list.map((item) => valueText(item, evaluation)).join(separator);
}

function sort(list: readonly Value[], _args: readonly Value[], evaluation: Evaluation): readonly Value[] {
  evaluation.spend(list.length);
  return [...list].sort((a, b) => compare(a, b, evaluation));
}
