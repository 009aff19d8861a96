import type { Json } from '../json.js';
import { compileTree, type Expression } from './expression.js';
import { ExpressionError, only } from './expression-error.js';
import { ReferenceSet } from './references.js';
import { type Node, parseSyntax } from './syntax.js';
import { root, type SecretName, type Template, type TemplateNode, type TextPart } from './template.js';
import { type Piece, scanTemplate } from './template-scan.js';

type Path = readonly (string | number)[];

/** `path` leads to a string inside the value, `offset` into that string (UTF-16 units). */
export interface TemplateProblem {
  readonly path: Path;
  readonly offset: number;
  readonly message: string;
}

const MAX_DEPTH = 64;
const MISPLACED_SECRET = 'a secret stands alone, as in ${{ secrets.NAME }}: its value is known only where the task runs';

/** Compiles every `${{ … }}` in the strings of a value (never in keys), or tells everything that is wrong with them. */
export function parseTemplate(value: Json): { template: Template } | { problems: TemplateProblem[] } {
  const parser = new TemplateParser();
  const node = parser.parse(value, []);
  if (parser.problems.length > 0) return { problems: parser.problems };
  return { template: { references: parser.references.list(), [root]: node } };
}

class TemplateParser {
  readonly problems: TemplateProblem[] = [];
  readonly references = new ReferenceSet();

  parse(value: Json, path: Path): TemplateNode {
    if (typeof value === 'string') return this.parseText(value, path);
    if (typeof value !== 'object' || value === null) return { kind: 'literal', value };
    if (path.length >= MAX_DEPTH) {
      this.problems.push({ path, offset: 0, message: `nested deeper than ${MAX_DEPTH} levels` });
      return { kind: 'literal', value: null };
    }
    return isJsonList(value) ? this.parseList(value, path) : this.parseMap(value, path);
  }

  private parseList(list: readonly Json[], path: Path): TemplateNode {
    const items = list.map((item, index) => this.parse(item, [...path, index]));
    if (items.every((item, index) => item.kind === 'literal' && item.value === list[index]))
      return { kind: 'literal', value: list };
    return { kind: 'list', items };
  }

  private parseMap(map: { readonly [key: string]: Json }, path: Path): TemplateNode {
    const entries = Object.entries(map).map(([key, item]) => {
      if (key === '__proto__')
        this.problems.push({ path: [...path, key], offset: 0, message: 'the key __proto__ is not allowed' });
      return [key, this.parse(item, [...path, key])] as const;
    });
    if (entries.every(([key, item]) => item.kind === 'literal' && item.value === map[key]))
      return { kind: 'literal', value: map };
    return { kind: 'map', entries };
  }

  private parseText(text: string, path: Path): TemplateNode {
    if (!text.includes('${{')) return { kind: 'literal', value: text };
    const pieces = scanTemplate(text);
    const filled = pieces.filter((piece) => piece.kind !== 'text' || piece.text.trim() !== '');
    const parts = (filled.length === 1 && filled[0]?.kind !== 'text' ? filled : pieces).map((piece) =>
      this.parsePart(piece, path),
    );
    const [first] = parts;
    if (parts.length === 1 && typeof first === 'string') return { kind: 'literal', value: first };
    if (parts.length === 1 && first !== undefined && isExpression(first)) return { kind: 'value', expression: first };
    return { kind: 'text', parts, hasSecret: parts.some((part) => typeof part === 'object' && !isExpression(part)) };
  }

  private parsePart(piece: Piece, path: Path): TextPart {
    if (piece.kind === 'text') return piece.text;
    if (piece.kind === 'open') {
      this.problems.push({
        path,
        offset: piece.offset,
        message: 'the "${{" is never closed by "}}"; write "$${{" for the characters',
      });
      return '';
    }
    try {
      return this.parseExpression(piece.source);
    } catch (error) {
      const { message, offset } = only(ExpressionError, error);
      this.problems.push({ path, offset: piece.offset + (offset ?? 0), message });
      return '';
    }
  }

  private parseExpression(source: string): Expression | SecretName {
    const tree = parseSyntax(source);
    const secret = secretName(tree);
    if (secret !== null) {
      this.references.add({ root: 'secrets', path: [secret] });
      return { secret };
    }
    const expression = compileTree(source, tree);
    for (const reference of expression.references) {
      if (reference.root === 'secrets')
        throw new ExpressionError(MISPLACED_SECRET, source, Math.max(0, source.indexOf('secrets')));
      this.references.add(reference);
    }
    return expression;
  }
}

/** Only the spelling `secrets.NAME` is a secret; whatever data holds is data. */
function secretName(tree: Node): string | null {
  if (tree.kind !== 'field' || tree.optional || tree.of.kind !== 'name') return null;
  return tree.of.name === 'secrets' ? tree.name : null;
}

function isExpression(part: TextPart): part is Expression {
  return typeof part === 'object' && 'source' in part;
}

function isJsonList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
