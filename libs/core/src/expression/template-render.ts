import type { Json } from '../json.js';
import { type Budget, Evaluation } from './evaluation.js';
import { type Expression, evaluateWithin, run } from './expression.js';
import { root, type SecretName, type Template, type TemplateNode, type TextPart } from './template.js';
import { valueText } from './value.js';

/** Where the executor puts secrets: the string at `path` is the parts joined, each secret replaced by its value. */
export interface SecretUse {
  readonly path: readonly (string | number)[];
  readonly parts: readonly (string | SecretName)[];
}

/**
 * The template's value. Strings that name secrets are null there; they come as `secrets`, found by where they stand in the
 * template: nothing in the data can add one. All expressions share one budget. Throws ExpressionError.
 */
export function render(
  template: Template,
  variables: Readonly<Record<string, unknown>>,
  budget?: Partial<Budget>,
): { value: Json; secrets: readonly SecretUse[] } {
  const node = template[root];
  if (node.kind === 'literal') return { value: node.value, secrets: [] };
  const renderer = new Renderer(new Evaluation(variables, budget));
  return { value: renderer.render(node), secrets: renderer.secrets };
}

class Renderer {
  readonly secrets: SecretUse[] = [];
  private readonly path: (string | number)[] = [];

  constructor(private readonly evaluation: Evaluation) {}

  render(node: TemplateNode): Json {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'value':
        return evaluateWithin(node.expression, this.evaluation, this.path.length);
      case 'text':
        return this.renderText(node.parts, node.hasSecret);
      case 'list':
        return node.items.map((item, index) => this.renderAt(index, item));
      case 'map': {
        const map: Record<string, Json> = {};
        for (const [key, item] of node.entries) map[key] = this.renderAt(key, item);
        return map;
      }
    }
  }

  private renderAt(step: string | number, node: TemplateNode): Json {
    this.path.push(step);
    const value = this.render(node);
    this.path.pop();
    return value;
  }

  private renderText(parts: readonly TextPart[], hasSecret: boolean): string | null {
    const rendered: (string | SecretName)[] = [];
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') text += part;
      else if ('secret' in part) {
        if (text !== '') rendered.push(text);
        rendered.push(part);
        text = '';
      } else text += this.interpolate(part);
    }
    if (!hasSecret) return text;
    if (text !== '') rendered.push(text);
    this.secrets.push({ path: [...this.path], parts: rendered });
    return null;
  }

  private interpolate(expression: Expression): string {
    return run(expression, (step) => {
      const text = valueText(step(this.evaluation), this.evaluation);
      this.evaluation.emit(text, 0);
      return text;
    });
  }
}
