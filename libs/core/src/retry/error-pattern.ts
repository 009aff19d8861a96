/**
 * Does a pattern such as `http.5*`, `TIMEOUT` or `CARD_*` match the whole error code? `*` stands for any text, also none; every
 * other character for itself, upper and lower case apart.
 *
 * The text between stars is searched once, left to right, at its earliest place: a pattern comes from a document anybody may
 * register and a code from any handler, and a backtracking matcher could be kept busy for hours by the two together.
 */
export function matchesErrorPattern(pattern: string, code: string): boolean {
  const firstStar = pattern.indexOf('*');
  if (firstStar < 0) return code === pattern;
  const tail = pattern.slice(pattern.lastIndexOf('*') + 1);
  if (!code.startsWith(pattern.slice(0, firstStar)) || !code.endsWith(tail)) return false;

  const end = code.length - tail.length;
  let at = firstStar;
  for (const part of pattern.split('*').slice(1, -1)) {
    const found = code.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** The first of the patterns that matches, or null. */
export function firstMatch(patterns: readonly string[], code: string): string | null {
  return patterns.find((pattern) => matchesErrorPattern(pattern, code)) ?? null;
}
