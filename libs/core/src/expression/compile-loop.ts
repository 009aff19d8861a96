import { Compiler, type Step } from './compile.js';
import { absorb } from './compile-logic.js';
import type { Evaluation } from './evaluation.js';
import type { ExpressionError } from './expression-error.js';
import type { LoopNode } from './syntax.js';
import { aType, isList, isMap, keysOf, type Value } from './value.js';

/** Runs the body for one item; the loop variable is set. */
type Body = (item: Value) => Value;

/** `all`, `exists`, `exists_one`, `map`, `filter`: over the items of a list or the keys of a map. */
export function compileLoop(compiler: Compiler, node: LoopNode): Step {
  const inner = new Compiler(compiler.source, [...compiler.bound, node.variable]);
  const slot = compiler.bound.length;
  const rangeStep = compiler.compile(node.range);
  const bodyStep = inner.compile(node.body);
  const filter = node.filter === null ? null : { node: node.filter, step: inner.compile(node.filter) };

  const each = (evaluation: Evaluation, step: Step): Body => {
    return (item) => {
      evaluation.spend(1);
      evaluation.locals[slot] = item;
      return step(evaluation);
    };
  };
  const test = (evaluation: Evaluation, step: Step, tested = node.body): ((item: Value) => boolean) => {
    const body = each(evaluation, step);
    return (item) => inner.condition(body(item), tested);
  };
  const itemsOf = (evaluation: Evaluation): readonly Value[] => {
    const range = rangeStep(evaluation);
    if (isList(range)) return range;
    if (isMap(range)) return keysOf(range, evaluation);
    throw compiler.error(node, `${node.loop}() works on a list or a map, not on ${aType(range)}`);
  };

  switch (node.loop) {
    case 'all':
      return (evaluation) => !decidedBy(itemsOf(evaluation), test(evaluation, bodyStep), false, evaluation);
    case 'exists':
      return (evaluation) => decidedBy(itemsOf(evaluation), test(evaluation, bodyStep), true, evaluation);
    case 'exists_one':
      return (evaluation) => itemsOf(evaluation).filter(test(evaluation, bodyStep)).length === 1;
    case 'filter':
      return (evaluation) => itemsOf(evaluation).filter(test(evaluation, bodyStep));
    case 'map':
      return (evaluation) => {
        const items = itemsOf(evaluation);
        const kept = filter === null ? items : items.filter(test(evaluation, filter.step, filter.node));
        return kept.map(each(evaluation, bodyStep));
      };
  }
}

/** Whether some item gives `decisive`. As with `||`, an item that fails matters only if no other decides. */
function decidedBy(items: readonly Value[], test: (item: Value) => boolean, decisive: boolean, evaluation: Evaluation): boolean {
  let failure: ExpressionError | null = null;
  for (const item of items) {
    try {
      if (test(item) === decisive) return true;
    } catch (error) {
      failure = absorb(error, evaluation);
    }
  }
  if (failure !== null) throw failure;
  return false;
}
