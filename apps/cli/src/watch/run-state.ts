import type { RunView } from '@reprise/client';

/** What a run is at, in words: one that ends badly may still have much to do. */
export function runState({ status, closing, endedAt, phase }: RunView): string {
  if (closing === null || endedAt !== null) return status;
  if (phase === 'compensating') return `${status}, undoing what it did (${closing})`;
  if (phase === 'onFailure') return `${status}, in onFailure (${closing})`;
  return `${status}, closing (${closing})`;
}
