import {
  type Expression,
  ExpressionError,
  only,
  parseExpression,
  parseTemplate,
  type Reference,
  templateReferences,
} from '../../expression/index.js';
import { bareSource, isTemplateText } from '../../workflow/expression-text.js';
import { insideText, isText, type Located, type LocatedText } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { refuseValue } from '../values/read-value.js';
import { isCutByComment, QUOTE_HASH } from '../yaml/yaml-traps.js';
import { checkReference } from './check-reference.js';
import type { Scope } from './scope.js';

/** Every `${{ … }}` inside a value; returns the references, each as often as it occurs in a text of its own. */
export function checkTemplate(value: Located, scope: Scope, report: Report): readonly Reference[] {
  switch (value.kind) {
    case 'unreadable':
      return [];
    case 'list':
      return value.items.flatMap((item) => checkTemplate(item, scope, report));
    case 'map':
      return value.entries.flatMap((entry) => {
        if (entry.key.includes('${{')) report.refuse(entry.keyAt, 'a key cannot be an expression', 'only values can');
        return checkTemplate(entry.value, scope, report);
      });
    case 'scalar':
      return isText(value) ? checkTemplateText(value, scope, report) : [];
  }
}

function checkTemplateText(text: LocatedText, scope: Scope, report: Report): readonly Reference[] {
  if (!text.value.includes('${{')) {
    warnAboutPlainText(text, scope, report);
    return [];
  }
  const parsed = parseTemplate(text.value);
  if ('problems' in parsed) {
    for (const problem of parsed.problems) refuseSyntax(text, problem.offset, problem.message, report);
    return [];
  }
  const references = templateReferences(parsed.template);
  checkReferences(references, text, scope, report);
  return references;
}

/** `input.sku` where `${{ input.sku }}` was meant is valid text, and would be sent as it stands. */
function warnAboutPlainText(text: LocatedText, scope: Scope, report: Report): void {
  const whole = /^\s*([a-z][A-Za-z0-9_]*)(\.\??[A-Za-z_][A-Za-z0-9_]*)+\s*$/.exec(text.value);
  const inside = /(?:\$\{|\{\{)\s*([a-z][A-Za-z0-9_]*)\.[^}]*\}/.exec(text.value);
  const root = (whole ?? inside)?.[1];
  if (root === undefined || !(scope.roots.has(root) || scope.loops.includes(root))) return;
  const hint = whole === null ? 'expressions are written ${{ … }}' : `for its value write \${{ ${text.value.trim()} }}`;
  report.warn(text, `${JSON.stringify(text.value.slice(0, 60))} is plain text here`, hint);
}

/** A field that is an expression with or without `${{ }}` around it. */
export function checkCondition(value: Located, scope: Scope, report: Report): readonly Reference[] {
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return [];
  if (!isText(value)) {
    refuseValue(value, report, 'an expression');
    return [];
  }
  const { source, offset } = bareSource(value.value);
  const expression = parse(source, (at, message) => refuseSyntax(value, offset + at, message, report));
  if (expression === null) return [];
  checkReferences(expression.references, value, scope, report, offset);
  return expression.references;
}

/** A field that is a text with `${{ }}` in it or, without any, an expression. */
export function checkTextOrExpression(value: Located, scope: Scope, report: Report): readonly Reference[] {
  return isText(value) && isTemplateText(value.value)
    ? checkTemplate(value, scope, report)
    : checkCondition(value, scope, report);
}

function parse(source: string, refuse: (offset: number, message: string) => void): Expression | null {
  try {
    return parseExpression(source);
  } catch (error) {
    const { message, offset } = only(ExpressionError, error);
    refuse(offset ?? 0, message);
    return null;
  }
}

function refuseSyntax(text: LocatedText, offset: number, message: string, report: Report): void {
  const cut = text.style === 'plain' && isCutByComment(report.text, text.end);
  // The parser counts characters of the expression; the problem has its own line and column.
  report.refuse(insideText(report, text, offset), message.replace(/ at character \d+$/, ''), cut ? QUOTE_HASH : null);
}

function checkReferences(references: readonly Reference[], text: LocatedText, scope: Scope, report: Report, from = 0): void {
  for (const reference of references) {
    checkReference(reference, insideText(report, text, findReference(text.value, reference, from)), scope, report);
  }
}

/** References carry no offset: the first place where it is written so, or else its root. */
function findReference(text: string, { root, path }: Reference, from: number): number {
  const written = [root, ...path].map(escapePattern).join('\\s*\\.\\s*\\??\\s*');
  const found = text.slice(from).search(new RegExp(`(?<![\\w.])${written}(?!\\w)`, 'u'));
  if (found < 0 && path.length > 0) return findReference(text, { root, path: path.slice(0, -1) }, from);
  return from + Math.max(0, found);
}

const escapePattern = (text: string): string =>
  text.replace(/[^A-Za-z0-9_]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
