import { hasField, readField, readIndex, readOptionalField, readOptionalIndex } from './access.js';
import { compileCall, compileMethod } from './compile-call.js';
import { compileLogic } from './compile-logic.js';
import { compileLoop } from './compile-loop.js';
import type { Evaluation } from './evaluation.js';
import { ExpressionError, locate, Refusal } from './expression-error.js';
import { suggest } from './nearest-name.js';
import { negate, OPERATORS } from './operators.js';
import type { Node } from './syntax.js';
import { aType, type Value } from './value.js';

/** A node made ready to run: called once per evaluation. */
export type Step = (evaluation: Evaluation) => Value;
type Kind<Name extends Node['kind']> = Extract<Node, { kind: Name }>;

/** Turns a tree into closures, once per registered expression. */
export class Compiler {
  constructor(
    readonly source: string,
    /** Loop variables in scope; their places are places in `Evaluation.locals`. */
    readonly bound: readonly string[] = [],
  ) {}

  compile(node: Node): Step {
    switch (node.kind) {
      case 'literal':
        return () => node.value;
      case 'name':
        return this.compileName(node);
      case 'field':
        return this.compileField(node);
      case 'index':
        return this.compileIndex(node);
      case 'has':
        return this.derive(node, node.of, (value) => hasField(value, node.name));
      case 'not':
        return this.derive(node, node.operand, (value) => !this.condition(value, node.operand));
      case 'minus':
        return this.derive(node, node.operand, negate);
      case 'binary':
        if (node.operator === '&&' || node.operator === '||') return compileLogic(this, node.operator, node.left, node.right);
        return this.combine(node, node.left, node.right, OPERATORS[node.operator]);
      case 'choice':
        return this.compileChoice(node);
      case 'list':
        return this.compileList(node);
      case 'map':
        return this.compileMap(node);
      case 'call':
        return compileCall(this, node);
      case 'method':
        return compileMethod(this, node);
      case 'loop':
        return compileLoop(this, node);
    }
  }

  /** One operand, one step; a Refusal is told with the node's text. */
  derive(node: Node, operand: Node, run: (value: Value, evaluation: Evaluation) => Value): Step {
    const step = this.compile(operand);
    const { source } = this;
    return (evaluation) => {
      const value = step(evaluation);
      evaluation.spend(1);
      try {
        return run(value, evaluation);
      } catch (error) {
        throw locate(error, source, node);
      }
    };
  }

  private combine(node: Node, left: Node, right: Node, run: (a: Value, b: Value, evaluation: Evaluation) => Value): Step {
    const [leftStep, rightStep] = [this.compile(left), this.compile(right)];
    const { source } = this;
    return (evaluation) => {
      const a = leftStep(evaluation);
      const b = rightStep(evaluation);
      evaluation.spend(1);
      try {
        return run(a, b, evaluation);
      } catch (error) {
        throw locate(error, source, node);
      }
    };
  }

  /** A value that must be true or false; JavaScript's truthiness would let typing errors through. */
  condition(value: Value, node: Node): boolean {
    if (typeof value === 'boolean') return value;
    throw this.error(node, `a condition must be true or false, not ${aType(value)}`);
  }

  error(node: Node, message: string): unknown {
    return locate(new Refusal(message), this.source, node);
  }

  private compileName({ name, ...node }: Kind<'name'>): Step {
    const slot = this.bound.lastIndexOf(name);
    if (slot >= 0) return (evaluation) => evaluation.locals[slot] ?? null;
    return ({ variables }) => {
      // Variables come from the caller as unknown; they are plain JSON by contract.
      const value = Object.hasOwn(variables, name) ? (variables[name] as Value | undefined) : undefined;
      if (value !== undefined) return value;
      throw new ExpressionError(`unknown name "${name}"${suggest(name, Object.keys(variables))}`, this.source, node.start);
    };
  }

  private compileField(node: Kind<'field'>): Step {
    const { name } = node;
    if (node.optional) return this.derive(node, node.of, (value) => readOptionalField(value, name));
    return this.derive(node, node.of, (value, evaluation) => readField(value, name, evaluation));
  }

  private compileIndex(node: Kind<'index'>): Step {
    return this.combine(node, node.of, node.index, node.optional ? readOptionalIndex : readIndex);
  }

  private compileChoice({ condition, then, otherwise }: Kind<'choice'>): Step {
    const [conditionStep, thenStep, otherwiseStep] = [this.compile(condition), this.compile(then), this.compile(otherwise)];
    return (evaluation) =>
      this.condition(conditionStep(evaluation), condition) ? thenStep(evaluation) : otherwiseStep(evaluation);
  }

  private compileList({ items }: Kind<'list'>): Step {
    const steps = items.map((item) => this.compile(item));
    return (evaluation) => {
      evaluation.spend(1 + steps.length);
      return steps.map((step) => step(evaluation));
    };
  }

  private compileMap({ entries }: Kind<'map'>): Step {
    const steps = entries.map(([key, value]) => ({ key, keyStep: this.compile(key), valueStep: this.compile(value) }));
    return (evaluation) => {
      evaluation.spend(1 + steps.length);
      const map: Record<string, Value> = {};
      for (const { key, keyStep, valueStep } of steps) {
        const name = this.mapKey(keyStep(evaluation), key);
        if (Object.hasOwn(map, name)) throw this.error(key, `the key "${name}" is there twice`);
        map[name] = valueStep(evaluation);
      }
      return map;
    };
  }

  private mapKey(value: Value, node: Node): string {
    if (typeof value !== 'string') throw this.error(node, `a key must be a string, not ${aType(value)}`);
    if (value === '__proto__') throw this.error(node, 'the key __proto__ is not allowed');
    return value;
  }
}
