import type { HeldAttempt } from '@reprise/contracts';

/** One claim of one task instance. */
export const keyOf = ({ run, node, at, claim }: Omit<HeldAttempt, 'fence'>): string => `${claim} ${run} ${node} ${at}`;

/** The first of each: one statement cannot touch a row twice, and a request may come again in the same batch. */
export function once<Held extends HeldAttempt>(attempts: readonly Held[]): readonly Held[] {
  const first = new Map<string, Held>();
  for (const each of attempts) if (!first.has(keyOf(each))) first.set(keyOf(each), each);
  return [...first.values()];
}
