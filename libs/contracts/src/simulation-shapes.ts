import type { SimulatedOutcome, SimulationReport } from '@reprise/core';
import type { Instant } from './http-shapes.js';

/** What recorded tasks came to, or would have come to. */
export interface OutcomeView extends Omit<SimulatedOutcome, 'peakRetries'> {
  readonly peakRetries: { readonly perSecond: number; readonly at: Instant } | null;
}

/** What another retry policy would have made of what was recorded. */
export interface RetrySimulationView extends Omit<SimulationReport, 'before' | 'after'> {
  readonly workflow: string;
  /** null: runs of any version. */
  readonly version: string | null;
  /** null: every call. */
  readonly task: string | null;
  /** Runs created from here on. */
  readonly since: Instant;
  readonly runs: number;
  /** When the oldest and the newest of them were created; null: there are none. */
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  /** There was more, all of it older. */
  readonly truncated: boolean;
  readonly leftOut: { readonly open: number; readonly cancelled: number; readonly tooLong: number };
  readonly before: OutcomeView;
  readonly after: OutcomeView;
}
