import type { Operand, Pipe, TemplateNode } from './parse-template.js';

export type Functions = Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;

/** Names and what they stand for; those of a block are gone after it. */
class Scope {
  private readonly values = new Map<string, unknown>();
  constructor(private readonly outer: Scope | null = null) {}
  declare(name: string, value: unknown): void {
    this.values.set(name, value);
  }
  assign(name: string, value: unknown): void {
    if (this.values.has(name)) this.values.set(name, value);
    else if (this.outer === null) throw new Error(`${name} is not declared`);
    else this.outer.assign(name, value);
  }
  get(name: string): unknown {
    if (this.values.has(name)) return this.values.get(name);
    if (this.outer === null) throw new Error(`${name} is not declared`);
    return this.outer.get(name);
  }
}

export function runTemplate(nodes: readonly TemplateNode[], dot: unknown, functions: Functions): string {
  const scope = new Scope();
  scope.declare('$', dot);
  return new Run(functions).nodes(nodes, dot, scope);
}

/** What `if`, `with`, `and`, `or` and `not` take for true. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return true;
}

class Run {
  constructor(private readonly functions: Functions) {}

  nodes(nodes: readonly TemplateNode[], dot: unknown, outer: Scope): string {
    const scope = new Scope(outer);
    return nodes.map((node) => this.node(node, dot, scope)).join('');
  }

  private node(node: TemplateNode, dot: unknown, scope: Scope): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'define':
        return '';
      case 'print': {
        const value = this.pipe(node.pipe, dot, scope);
        return node.pipe.declares.length > 0 ? '' : printed(value);
      }
      case 'if':
      case 'with': {
        const inner = new Scope(scope);
        const value = this.pipe(node.pipe, dot, inner);
        if (!isTrue(value)) return this.nodes(node.otherwise, dot, inner);
        return this.nodes(node.body, node.kind === 'with' ? value : dot, inner);
      }
      case 'range':
        return this.range(node, dot, scope);
    }
  }

  private range(node: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>, dot: unknown, scope: Scope): string {
    const value = this.commands(node.pipe, dot, scope);
    if (!isTrue(value)) return this.nodes(node.otherwise, dot, scope);
    if (typeof value !== 'object' || value === null) throw new Error(`range over ${String(value)}`);
    const entries: [unknown, unknown][] = Array.isArray(value)
      ? value.map((item, index) => [index, item])
      : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const { declares } = node.pipe;
    const turns = entries.map(([key, item]) => {
      const inner = new Scope(scope);
      if (declares.length === 1) inner.declare(declares[0] ?? '', item);
      if (declares.length === 2) {
        inner.declare(declares[0] ?? '', key);
        inner.declare(declares[1] ?? '', item);
      }
      return this.nodes(node.body, item, inner);
    });
    return turns.join('');
  }

  private pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    const value = this.commands(pipe, dot, scope);
    for (const name of pipe.declares) {
      if (pipe.assigns) scope.assign(name, value);
      else scope.declare(name, value);
    }
    return value;
  }

  /** What one command answers is the last argument of the next. */
  private commands(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    let piped: readonly unknown[] = [];
    for (const [head, ...operands] of pipe.commands) {
      if (head === undefined) throw new Error('an empty command');
      const values = [...operands.map((operand) => this.operand(operand, dot, scope)), ...piped];
      const first = head.kind === 'function' ? this.function(head.name) : this.operand(head, dot, scope);
      if (typeof first === 'function') piped = [first(...values)];
      else if (values.length > 0) throw new Error('what is not a function is given arguments');
      else piped = [first];
    }
    return piped[0];
  }

  private operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'function':
        return this.function(operand.name)();
      case 'pipe':
        return this.commands(operand.pipe, dot, scope);
      case 'field': {
        let value = operand.variable === null ? dot : scope.get(operand.variable);
        for (const name of operand.path) {
          if (value === null || value === undefined) throw new Error(`nil pointer: .${operand.path.join('.')} has no ${name}`);
          value = (value as Record<string, unknown>)[name];
        }
        return value;
      }
    }
  }

  private function(name: string): (...values: readonly unknown[]) => unknown {
    const found = this.functions[name];
    if (found === undefined) throw new Error(`there is no function ${name} here`);
    return found;
  }
}

/** As Go prints them: large numbers from YAML come out as 1e+06, which is why the chart must say `int`. */
export function printed(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && Math.abs(value) >= 1e6) throw new Error(`${value} would be printed with an exponent: say int`);
  if (typeof value === 'object') throw new Error('an object would be printed as Go shows it: say toYaml');
  return String(value);
}
