import type { Instant } from './http-shapes.js';

/** Something that calls depend on, as all schedulers know it together. */
export interface DependencyView {
  readonly name: string;
  /** `open`: attempts wait. `half-open`: a few are let through to see. `releasing`: those that waited go in waves. */
  readonly state: 'closed' | 'open' | 'half-open' | 'releasing';
  /** Since when it is in that state; null: closed. */
  readonly since: Instant | null;
  /** When canaries go; null: it is not open, or a person decides. */
  readonly until: Instant | null;
  /** Why it opened; null: closed. */
  readonly cause: string | null;
  /** About how many attempts have been told to wait since it opened. */
  readonly waiting: number;
  /** Of the last minute at most: attempts that ended, how many of them failed, retries that were let through. */
  readonly calls: number;
  readonly failures: number;
  readonly retries: number;
}
