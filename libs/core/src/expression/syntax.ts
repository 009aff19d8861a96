import { type ASTNode, Environment, ParseError, type SourceRange } from '@marcbachmann/cel-js';
import { ExpressionError, only } from './expression-error.js';

export const MAX_SOURCE_LENGTH = 4096;
/** Longest chain of nodes: evaluation recurses, and the stack may already be deep where it is called. */
const MAX_TREE_DEPTH = 500;

/** Names that are no identifiers in the language (CEL's list). After a dot only `true false null in` are refused. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var void while ' +
    '__proto__ prototype'
  ).split(' '),
);

export type BinaryOperator = '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';
export type Loop = 'all' | 'exists' | 'exists_one' | 'map' | 'filter';

/** `start` and `end` are offsets into the source. */
export type Node = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Node; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'index'; readonly of: Node; readonly index: Node; readonly optional: boolean }
  | { readonly kind: 'not' | 'minus'; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly condition: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'method'; readonly name: string; readonly receiver: Node; readonly args: readonly Node[] }
  | { readonly kind: 'has'; readonly of: Node; readonly name: string }
  | LoopNode
);

export interface LoopNode {
  readonly kind: 'loop';
  readonly start: number;
  readonly end: number;
  readonly loop: Loop;
  readonly range: Node;
  readonly variable: string;
  /** of `map(x, filter, body)` */
  readonly filter: Node | null;
  readonly body: Node;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
});

/** CEL text to our tree. Throws ExpressionError with the offset of what cannot be read. */
export function parseSyntax(source: string): Node {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new ExpressionError(
      `the expression has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are allowed`,
      source,
      null,
    );
  }
  if (source.trim() === '') throw new ExpressionError('the expression is empty', source, 0);
  return new TreeReader(source).read(parseCel(source), 0);
}

function parseCel(source: string): ASTNode {
  try {
    return environment.parse(source).ast;
  } catch (error) {
    const cause = only(ParseError, error);
    // Every error about a text has its range.
    const { start } = cause.range as SourceRange;
    throw new ExpressionError(`${explain(cause.summary)} at character ${start + 1}`, source, start, { cause });
  }
}

/** The parser names its own tokens. */
function explain(summary: string): string {
  if (summary.startsWith('Exceeded maxDepth')) return 'the expression is nested too deeply';
  if (summary.includes('invalid predicate iteration variable'))
    return `${summary.split('(')[0]}(…) takes a name first, such as item`;
  const words = summary
    .replace(/\bRPAREN\b/g, '")"')
    .replace(/\bRBRACKET\b/g, '"]"')
    .replace(/\bRBRACE\b/g, '"}"')
    .replace(/\bCOLON\b/g, '":"')
    .replace(/\bEOF\b/g, 'the end')
    .replace(/\b[A-Z]{2,}\b/g, (token) => token.toLowerCase());
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** The parser's tree, whose shapes are its own, into ours: the only place that knows them. */
class TreeReader {
  constructor(private readonly source: string) {}

  read(ast: ASTNode, depth: number): Node {
    if (depth > MAX_TREE_DEPTH) throw this.problem('the expression is nested too deeply', ast);
    const { start, end } = ast;
    const below = depth + 1;
    switch (ast.op) {
      case 'value':
        return { kind: 'literal', start, end, value: this.literal(ast, ast.args) };
      case 'id':
        return { kind: 'name', start, end, name: ast.args };
      case '.':
      case '.?':
        return { kind: 'field', start, end, of: this.read(ast.args[0], below), name: ast.args[1], optional: ast.op === '.?' };
      case '[]':
      case '[?]': {
        const [of, index] = ast.args;
        return {
          kind: 'index',
          start,
          end,
          of: this.read(of, below),
          index: this.read(index, below),
          optional: ast.op === '[?]',
        };
      }
      case '!_':
      case '-_':
        return { kind: ast.op === '!_' ? 'not' : 'minus', start, end, operand: this.read(ast.args, below) };
      case '?:': {
        const [condition, then, otherwise] = ast.args;
        return { kind: 'choice', start, end, ...this.readAll({ condition, then, otherwise }, below) };
      }
      case 'list':
        return { kind: 'list', start, end, items: ast.args.map((item) => this.read(item, below)) };
      case 'map':
        return {
          kind: 'map',
          start,
          end,
          entries: ast.args.map(([key, value]) => [this.read(key, below), this.read(value, below)]),
        };
      case 'call':
        return this.call(ast, ast.args[0], ast.args[1], below);
      case 'rcall':
        return this.method(ast, ast.args[0], ast.args[1], ast.args[2], below);
      default: {
        const [left, right] = ast.args;
        return { kind: 'binary', start, end, operator: ast.op, ...this.readAll({ left, right }, below) };
      }
    }
  }

  private readAll<Name extends string>(asts: Record<Name, ASTNode>, depth: number): Record<Name, Node> {
    const nodes = Object.entries<ASTNode>(asts).map(([name, ast]) => [name, this.read(ast, depth)]);
    return Object.fromEntries(nodes) as Record<Name, Node>;
  }

  private literal(ast: ASTNode, value: unknown): null | boolean | number | string {
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
    if (value instanceof Uint8Array) throw this.problem('bytes (b"…") are not supported: JSON has none', ast);
    const number = Number(value);
    if (Number.isFinite(number)) return number;
    throw this.problem('the number is too large', ast);
  }

  private call(ast: ASTNode, name: string, args: readonly ASTNode[], depth: number): Node {
    const { start, end } = ast;
    const nodes = args.map((arg) => this.read(arg, depth));
    if (name !== 'has') return { kind: 'call', start, end, name, args: nodes };
    const [field] = nodes;
    if (nodes.length !== 1 || field?.kind !== 'field') throw this.problem('has(…) takes one field, such as has(input.note)', ast);
    return { kind: 'has', start, end, of: field.of, name: field.name };
  }

  private method(ast: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], depth: number): Node {
    const { start, end } = ast;
    const range = this.read(receiver, depth);
    const nodes = args.map((arg) => this.read(arg, depth));
    if (!isLoop(name)) return { kind: 'method', start, end, name, receiver: range, args: nodes };
    const [variable, first, second] = nodes;
    const takesFilter = name === 'map' && nodes.length === 3;
    const body = takesFilter ? second : first;
    if (variable?.kind !== 'name' || first === undefined || body === undefined || nodes.length > (takesFilter ? 3 : 2)) {
      throw this.problem(`${name}(…) takes a name and an expression, such as ${name}(item, item > 0)`, ast);
    }
    return { kind: 'loop', start, end, loop: name, range, variable: variable.name, filter: takesFilter ? first : null, body };
  }

  private problem(message: string, at: ASTNode): ExpressionError {
    return new ExpressionError(message, this.source, at.start);
  }
}

function isLoop(name: string): name is Loop {
  return name === 'all' || name === 'exists' || name === 'exists_one' || name === 'map' || name === 'filter';
}
