import type { Evaluation } from './evaluation.js';
import { Refusal } from './expression-error.js';
import { type TypeMethods, textArgument, wholeArgument } from './method.js';
import { compilePattern } from './pattern.js';
import type { Value } from './value.js';

const SURROGATE = /[\ud800-\udfff]/;

/** Positions and sizes count code points, as CEL does: no method can cut a character in half. */
export function textSize(text: string): number {
  return SURROGATE.test(text) ? [...text].length : text.length;
}

export const TEXT_METHODS: TypeMethods<string> = {
  size: { args: [0, 0], run: textSize },
  contains: { args: [1, 1], run: (text, args) => text.includes(textArgument(args, 0)) },
  startsWith: { args: [1, 1], run: (text, args) => text.startsWith(textArgument(args, 0)) },
  endsWith: { args: [1, 1], run: (text, args) => text.endsWith(textArgument(args, 0)) },
  matches: { args: [1, 1], run: matches },
  lowerAscii: { args: [0, 0], run: (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) },
  upperAscii: { args: [0, 0], run: (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) },
  trim: { args: [0, 0], run: (text) => text.trim() },
  split: {
    args: [1, 2],
    run: (text, args, evaluation) => split(text, textArgument(args, 0), wholeArgument(args, 1, -1), evaluation),
  },
  replace: { args: [2, 3], run: replace },
  substring: { args: [1, 2], run: (text, args) => substring(text, wholeArgument(args, 0, 0), wholeArgument(args, 1, null)) },
  indexOf: { args: [1, 2], run: (text, args) => indexOf(text, textArgument(args, 0), wholeArgument(args, 1, 0)) },
};

function matches(text: string, args: readonly Value[], evaluation: Evaluation): boolean {
  const source = textArgument(args, 0);
  // As if nothing was cached: what an evaluation may do must not depend on what ran before it.
  evaluation.spend(source.length);
  const pattern = compilePattern(source);
  // Linear in both factors: their product is what a match can cost.
  evaluation.spend(Math.floor((text.length * pattern.programSize()) / 16));
  return pattern.test(text);
}

/** At most `limit` pieces, the last with all the rest; negative: no limit. */
function split(text: string, separator: string, limit: number, evaluation: Evaluation): readonly string[] {
  if (limit === 0) return [];
  const pieces = separator === '' ? [...text] : text.split(separator);
  evaluation.spendItems(pieces.length);
  return limit < 0 || pieces.length <= limit ? pieces : [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}

function replace(text: string, args: readonly Value[], evaluation: Evaluation): string {
  const [from, to, limit] = [textArgument(args, 0), textArgument(args, 1), wholeArgument(args, 2, -1)];
  if (from === '') throw new Refusal('the text to be replaced is empty');
  if (limit === 0) return text;
  const pieces = split(text, from, limit < 0 ? -1 : limit + 1, evaluation);
  evaluation.spendText(text.length + pieces.length * to.length);
  return pieces.join(to);
}

function substring(text: string, start: number, end: number | null): string {
  const characters = SURROGATE.test(text) ? [...text] : null;
  const size = characters?.length ?? text.length;
  const stop = end ?? size;
  if (start < 0 || stop < start || stop > size)
    throw new Refusal(`substring(${start}, ${stop}) is outside the ${size} characters`);
  return characters === null ? text.slice(start, stop) : characters.slice(start, stop).join('');
}

function indexOf(text: string, sought: string, from: number): number {
  if (from < 0 || from > textSize(text)) throw new Refusal(`position ${from} is outside the ${textSize(text)} characters`);
  if (!SURROGATE.test(text)) return text.indexOf(sought, from);
  const position = text.indexOf(sought, [...text].slice(0, from).join('').length);
  return position < 0 ? -1 : textSize(text.slice(0, position));
}
