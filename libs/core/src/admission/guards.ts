import { BUILT_IN_CALLS } from '../document/tasks/check-built-in.js';
import type { PartialRetryPolicy } from '../retry/index.js';

/** Limits of a handler, over all replicas that host it; null: there is none. */
export interface HandlerLimits {
  readonly rate: { readonly max: number; readonly perMs: number } | null;
  /** Attempts at the same time. */
  readonly concurrency: number | null;
}

/** What may hold attempts back, as far as who decides knows of it by now. What it does not know yet is found out by executors. */
export interface Guards {
  /** `named`: where the document names one. `all`: every handler of one's own is one, by its name. */
  readonly dependencies: 'named' | 'all' | 'off';
  /** Retries have a budget. */
  readonly budgeted: boolean;
  /** Its breaker is not closed. */
  readonly isTroubled: (dependency: string) => boolean;
  readonly limitsOf: (call: string) => HandlerLimits | null;
  /** How its handler says that it is retried; null: it does not, or nobody has heard it. */
  readonly retryOf: (call: string) => PartialRetryPolicy | null;
}

/** What a call depends on, or null: calls of `http` or `sql` say nothing of each other unless a name does. */
export function dependencyOf(
  { call, dependency }: { readonly call: string; readonly dependency?: string | null },
  mode: Guards['dependencies'],
): string | null {
  if (mode === 'off') return null;
  if (dependency !== null && dependency !== undefined) return dependency;
  return mode === 'all' && !BUILT_IN_CALLS.has(call) ? call : null;
}
