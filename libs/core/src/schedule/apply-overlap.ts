import type { Timed } from '../workflow/trigger.js';

/** With `overlap: queue`. */
const MOST_PENDING = 1_000;

/** What becomes of instants whose predecessors' runs may not have ended. */
export interface Overlap {
  readonly fire: readonly number[];
  readonly skip: readonly SkippedInstant[];
  /** Wait for open runs to end, rising. */
  readonly pending: readonly number[];
  /** Open runs are in the way of one that was asked for. */
  readonly cancelOpen: boolean;
}

export interface SkippedInstant {
  readonly instant: number;
  readonly reason: string;
}

/** `pending`: waiting since earlier looks; `chosen`: come now. `open`: a run of an earlier instant has not ended. */
export function applyOverlap(
  overlap: Timed['overlap'],
  pending: readonly number[],
  chosen: readonly number[],
  open: boolean,
): Overlap {
  const all = [...pending, ...chosen];
  const ready = open ? 0 : 1;
  switch (overlap) {
    case 'allow':
      return { fire: all, skip: [], pending: [], cancelOpen: false };
    case 'skip': {
      const reason = 'overlap: skip, and the run of an earlier instant has not ended';
      return { fire: all.slice(0, ready), skip: skipped(all.slice(ready), reason), pending: [], cancelOpen: false };
    }
    case 'queue': {
      const waiting = all.slice(ready);
      const reason = `overlap: queue, and ${MOST_PENDING} earlier instants wait already`;
      return {
        fire: all.slice(0, ready),
        skip: skipped(waiting.slice(MOST_PENDING), reason),
        pending: waiting.slice(0, MOST_PENDING),
        cancelOpen: false,
      };
    }
    case 'cancelRunning': {
      const newest = all.slice(-1);
      const reason = 'overlap: cancelRunning, and a later instant came before it could begin';
      const skip = skipped(all.slice(0, -1), reason);
      return open
        ? { fire: [], skip, pending: newest, cancelOpen: chosen.length > 0 }
        : { fire: newest, skip, pending: [], cancelOpen: false };
    }
  }
}

const skipped = (instants: readonly number[], reason: string): readonly SkippedInstant[] =>
  instants.map((instant) => ({ instant, reason }));
