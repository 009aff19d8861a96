import type { Compiler, Step } from './compile.js';
import type { Evaluation } from './evaluation.js';
import { ExpressionError, only } from './expression-error.js';
import type { Node } from './syntax.js';

/** Building an error with its suggestion costs that much more than a node does. */
const ERROR_STEPS = 20;

/**
 * CEL's `&&` and `||`: the side that decides wins, even if the other one fails; in either order. Left first, right only if
 * needed.
 */
export function compileLogic(compiler: Compiler, operator: '&&' | '||', left: Node, right: Node): Step {
  const [leftStep, rightStep] = [compiler.compile(left), compiler.compile(right)];
  const decisive = operator === '||';
  return (evaluation) => {
    evaluation.spend(1);
    let failure: ExpressionError | null = null;
    try {
      if (compiler.condition(leftStep(evaluation), left) === decisive) return decisive;
    } catch (error) {
      failure = absorb(error, evaluation);
    }
    if (compiler.condition(rightStep(evaluation), right) === decisive) return decisive;
    if (failure !== null) throw failure;
    return !decisive;
  };
}

/** Errors of the data may turn out not to matter; a spent budget and bugs always do. */
export function absorb(error: unknown, evaluation: Evaluation): ExpressionError {
  const failure = only(ExpressionError, error);
  evaluation.spend(ERROR_STEPS);
  return failure;
}
