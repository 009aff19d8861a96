import { type Expression, parseExpression, parseTemplate, type Template } from '../expression/index.js';
import type { Json } from '../json.js';
import { asTemplateText, bareSource } from './expression-text.js';
import { expectText, UnacceptedDocument } from './read-json.js';

export function compileTemplate(value: Json): Template {
  const parsed = parseTemplate(value);
  if ('problems' in parsed) throw new UnacceptedDocument(parsed.problems.map((problem) => problem.message).join('; '));
  return parsed.template;
}

/** A condition, with or without `${{ }}` around it; `true` and `false` as they are. */
export function compileCondition(value: Json): Expression {
  return parseExpression(typeof value === 'boolean' ? String(value) : bareSource(expectText(value, 'a condition')).source);
}

/** A text with `${{ }}` in it or, without any, an expression. */
export function compileTextOrExpression(value: Json): Template {
  return compileTemplate(asTemplateText(String(value)));
}

/** The list of a forEach: itself, or an expression with or without `${{ }}`. */
export function compileItems(value: Json): Template {
  return compileTemplate(Array.isArray(value) ? value : asTemplateText(expectText(value, 'the list of a forEach')));
}

/** A duration, or an expression for one: both are read when the task begins. */
export const compileDuration = (value: Json | undefined): Template => compileTemplate(expectText(value, 'a duration'));
