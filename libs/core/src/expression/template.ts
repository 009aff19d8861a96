import type { Json } from '../json.js';
import type { Expression } from './expression.js';
import type { Reference } from './references.js';

export interface SecretName {
  readonly secret: string;
}

export type TextPart = string | Expression | SecretName;

export type TemplateNode =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly parts: readonly TextPart[]; readonly hasSecret: boolean }
  | { readonly kind: 'list'; readonly items: readonly TemplateNode[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, TemplateNode])[] };

export const root: unique symbol = Symbol('root');

/** A value with `${{ … }}` in its strings, compiled. */
export interface Template {
  readonly references: readonly Reference[];
  readonly [root]: TemplateNode;
}

/** What a template reads, each place once; a secret is `{ root: 'secrets', path: [NAME] }`. */
export function templateReferences(template: Template): readonly Reference[] {
  return template.references;
}

/** No expression in it: rendering gives the value as it was written, the same object every time. */
export function isLiteral(template: Template): boolean {
  return template[root].kind === 'literal';
}
