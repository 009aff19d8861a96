import type { Json } from '../json.js';
import { Compiler, type Step } from './compile.js';
import { type Budget, Evaluation } from './evaluation.js';
import { BudgetExceeded, ExpressionError, only, quoteSource } from './expression-error.js';
import { findReferences, type Reference } from './references.js';
import { type Node, parseSyntax } from './syntax.js';
import { aType } from './value.js';

const compiled: unique symbol = Symbol('compiled');

/** A checked and compiled expression; `references` is what it reads. Build it once, evaluate it often. */
export interface Expression {
  readonly source: string;
  readonly references: readonly Reference[];
  readonly [compiled]: Step;
}

/** Throws ExpressionError: syntax, unknown functions, wrong number of arguments, patterns RE2 does not know, too long. */
export function parseExpression(source: string): Expression {
  return compileTree(source, parseSyntax(source));
}

export function compileTree(source: string, tree: Node): Expression {
  return { source, references: findReferences(tree), [compiled]: new Compiler(source).compile(tree) };
}

/** `variables`: plain JSON by root name. Throws ExpressionError: unknown names and fields, wrong types, a spent budget. */
export function evaluate(expression: Expression, variables: Readonly<Record<string, unknown>>, budget?: Partial<Budget>): Json {
  return evaluateWithin(expression, new Evaluation(variables, budget), 0);
}

/** One of several expressions that share a budget; the result is `depth` containers down in what they make together. */
export function evaluateWithin(expression: Expression, evaluation: Evaluation, depth: number): Json {
  return run(expression, (step) => evaluation.emit(step(evaluation), depth));
}

/** The value of `if`, `until`, … Throws ExpressionError when it is neither true nor false. */
export function evaluateCondition(expression: Expression, variables: Readonly<Record<string, unknown>>): boolean {
  const value = run(expression, (step) => step(new Evaluation(variables, undefined)));
  if (typeof value === 'boolean') return value;
  const { source } = expression;
  throw new ExpressionError(
    `\`${quoteSource(source, 0, source.length)}\`: a condition must be true or false, not ${aType(value)}`,
    source,
    0,
  );
}

export function run<Result>(expression: Expression, use: (step: Step) => Result): Result {
  try {
    return use(expression[compiled]);
  } catch (error) {
    const cause = only(BudgetExceeded, error);
    const { source } = expression;
    throw new ExpressionError(`\`${quoteSource(source, 0, source.length)}\`: ${cause.message}`, source, null, { cause });
  }
}
