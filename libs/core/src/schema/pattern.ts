import { RE2JS } from 're2js';

/** A regular expression in linear time, as in expressions; null if RE2 does not know its syntax. */
export function compilePattern(source: string): ((text: string) => boolean) | null {
  try {
    const pattern = RE2JS.compile(source);
    return (text) => pattern.matcher(text).find();
  } catch {
    return null;
  }
}

/**
 * May a backtracking matcher run this on a stranger's property names? One unbounded repetition of one character, anchored at the
 * start, never takes more than linear time; `(a+)+$` takes longer than the universe.
 */
export function isHarmless(source: string): boolean {
  const outside = source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const repetitions = outside.match(/[*+]|\{\d*,\d*\}/g) ?? [];
  return !/\)[*+?{]/.test(outside) && (repetitions.length === 0 || (repetitions.length === 1 && outside.startsWith('^')));
}
