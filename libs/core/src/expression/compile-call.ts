import type { Compiler, Step } from './compile.js';
import { BudgetExceeded, ExpressionError, locate, Refusal } from './expression-error.js';
import { FUNCTIONS, optionalOf } from './functions.js';
import { findMethod, METHOD_NAMES } from './methods.js';
import { nearestName } from './nearest-name.js';
import { compilePattern } from './pattern.js';
import { isOptionalNamespace } from './references.js';
import type { Node } from './syntax.js';
import { aType, NONE, Optional } from './value.js';

type CallNode = Extract<Node, { kind: 'call' }>;
type MethodNode = Extract<Node, { kind: 'method' }>;

const FUNCTION_NAMES = [...FUNCTIONS.keys(), 'size', 'has'];

export function compileCall(compiler: Compiler, node: CallNode): Step {
  const { name, args } = node;
  const run = FUNCTIONS.get(name);
  if (run === undefined && name !== 'size') {
    const hint = METHOD_NAMES.includes(name)
      ? `; it is written after its value: value.${name}(…)`
      : didYouMean(name, FUNCTION_NAMES);
    throw new ExpressionError(`unknown function ${name}()${hint}`, compiler.source, node.start);
  }
  const [argument] = args;
  if (argument === undefined || args.length > 1) throw wrongCount(compiler, node, [1, 1]);
  if (run === undefined) return compileMethod(compiler, { ...node, kind: 'method', receiver: argument, args: [] });
  return compiler.derive(node, argument, run);
}

export function compileMethod(compiler: Compiler, node: MethodNode): Step {
  const { name, receiver, args } = node;
  if (isOptionalNamespace(receiver)) return compileOptional(compiler, node);
  if (name === 'or' || name === 'orValue') return compileFallback(compiler, node);
  const method = findMethod(name);
  if (method === null) {
    const hint = FUNCTION_NAMES.includes(name)
      ? `; it is written around its value: ${name}(value)`
      : didYouMean(name, METHOD_NAMES);
    throw new ExpressionError(`unknown function .${name}()${hint}`, compiler.source, node.start);
  }
  const [fewest, most] = method.arity;
  if (args.length < fewest || args.length > most) throw wrongCount(compiler, node, method.arity);
  if (name === 'matches') checkPattern(compiler, node);
  const steps = args.map((arg) => compiler.compile(arg));
  return compiler.derive(node, receiver, (value, evaluation) => {
    return method.call(
      value,
      steps.map((step) => step(evaluation)),
      evaluation,
    );
  });
}

/** A pattern written in the expression is checked when the expression is. */
function checkPattern(compiler: Compiler, { args: [pattern] }: MethodNode): void {
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return;
  try {
    compilePattern(pattern.value);
  } catch (error) {
    throw locate(error instanceof BudgetExceeded ? new Refusal(error.message) : error, compiler.source, pattern);
  }
}

function compileOptional(compiler: Compiler, node: MethodNode): Step {
  const { name, args } = node;
  const [argument] = args;
  if (name === 'none' && argument === undefined) return () => NONE;
  if (name === 'of' && argument !== undefined && args.length === 1) return compiler.derive(node, argument, optionalOf);
  throw new ExpressionError('there are optional.of(value) and optional.none()', compiler.source, node.start);
}

/** `a.or(b)`, `a.orValue(b)`: b is evaluated only if a is empty. */
function compileFallback(compiler: Compiler, node: MethodNode): Step {
  const { name, receiver, args } = node;
  const [fallback] = args;
  if (fallback === undefined || args.length > 1) throw wrongCount(compiler, node, [1, 1]);
  const [receiverStep, fallbackStep] = [compiler.compile(receiver), compiler.compile(fallback)];
  return (evaluation) => {
    evaluation.spend(1);
    const value = receiverStep(evaluation);
    if (!(value instanceof Optional))
      throw compiler.error(node, `.${name}() follows an optional such as input.?note, not ${aType(value)}`);
    if (value.content !== undefined) return name === 'or' ? value : value.content;
    const other = fallbackStep(evaluation);
    if (name === 'or' && !(other instanceof Optional))
      throw compiler.error(node, '.or() takes an optional; .orValue() takes a value');
    return other;
  };
}

function wrongCount(compiler: Compiler, node: CallNode | MethodNode, [fewest, most]: readonly [number, number]): ExpressionError {
  const count = fewest === most ? String(most) : `${fewest} to ${most}`;
  const message = `${node.name}() takes ${count} ${most === 1 ? 'argument' : 'arguments'}, not ${node.args.length}`;
  return new ExpressionError(message, compiler.source, node.start);
}

function didYouMean(name: string, candidates: readonly string[]): string {
  const near = nearestName(name, candidates);
  return near === null ? '' : `; did you mean ${near}()?`;
}
