/** The candidate a person most likely meant, or null: at most a third of the letters differ. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein with adjacent transpositions (optimal string alignment), so that `nmae` is one slip away from `name`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, at(beforeLast, j - 2) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] as number;

/** `; did you mean "x"?` or the first names there are: the tail of an error message. */
export function suggest(name: string, candidates: readonly string[]): string {
  const near = nearestName(name.slice(0, 40), candidates.slice(0, 60));
  if (near !== null) return `; did you mean "${near}"?`;
  if (candidates.length === 0) return ' (it has no fields)';
  const shown = candidates.slice(0, 10).map((candidate) => candidate.slice(0, 60));
  return ` (it has: ${shown.join(', ')}${candidates.length > shown.length ? ', …' : ''})`;
}
