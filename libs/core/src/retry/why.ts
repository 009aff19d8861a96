import type { Backoff, ExhaustedAction, Jitter } from './retry-policy.js';

export type ExhaustedReason =
  | 'non-retryable'
  | 'not-in-retryOn'
  | 'maximumAttempts'
  | 'maximumElapsed'
  | 'deadline'
  | 'maximumLost';

export type HoldReason =
  | 'NO_QUEUE'
  | 'NO_HANDLER'
  | 'KEY_IN_PROGRESS'
  | 'RATE_LIMIT'
  | 'BREAKER_OPEN'
  | 'RETRY_BUDGET'
  | 'CONCURRENCY';

/** What decided about the error code: the handler itself, a pattern of a list, or a rule of `policies`. */
export type WhyRule =
  | { readonly from: 'handler' }
  | { readonly from: 'nonRetryable' | 'retryOn'; readonly pattern: string }
  | { readonly from: 'policies'; readonly index: number; readonly pattern: string };

/** Where the wait comes from. `askedMs` is what the handler asked for, `delayMs` what it got (at most 24 h). */
export type WhyWait =
  | { readonly from: 'retryAfter'; readonly askedMs: number; readonly delayMs: number }
  | {
      readonly from: 'backoff';
      readonly backoff: Backoff;
      readonly initialMs: number;
      readonly coefficient: number;
      /** The number of the retry on the counter that decided, from 1: the n of the formula. */
      readonly retry: number;
      readonly rawMs: number;
      readonly capMs: number;
      readonly jitter: Jitter;
      readonly unit: number;
      readonly delayMs: number;
    };

/** What a decision about the next attempt was taken from. */
export interface WhyFacts {
  readonly reason: 'failure' | 'lost';
  /** The number of the attempt that ended. The next one has this + 1. */
  readonly attempt: number;
  readonly code: string;
  readonly rule: WhyRule | null;
  /** Failures (or losses) on the counter that decided, this one included, and its limit; 0 = no limit. */
  readonly count: number;
  readonly limit: number;
  /** From the start of the first attempt until this decision. */
  readonly elapsedMs: number;
  /** How often this attempt had been put back uncounted before it ran. */
  readonly holds: number;
}

/** No further attempt: `wait` is the one that did not fit, null when the answer was no before a wait was computed. */
export type WhySpent =
  | { readonly action: ExhaustedAction; readonly spent: 'maximumElapsed' | 'deadline'; readonly wait: WhyWait }
  | {
      readonly action: ExhaustedAction;
      readonly spent: Exclude<ExhaustedReason, 'maximumElapsed' | 'deadline'>;
      readonly wait: null;
    };

/** An attempt ended badly: what was decided about the next one, and from what. */
export type WhyEnded = WhyFacts & (WhySpent | { readonly action: 'retry'; readonly spent: null; readonly wait: WhyWait });

/**
 * Why an attempt exists, waits or does not come: plain JSON, stored with the attempt and shown to people.
 * `first`: the first attempt. `hold`: put back uncounted. `handed-back`: its executor was stopped in an orderly way.
 * `before`: why the attempt is made that something keeps waiting, or has answered.
 * `released`: the breaker of its dependency let it through, to see whether it is well again (`canary`) or because it seems so (`wave`).
 * `operator`: a person asked (`retry-now`, `resolve`, `retry`). `reused`: there is none, its result is that of an earlier run.
 * `answered`: no handler ran, the success of another task under its business key is its own; what that did is not its to undo.
 */
export type Why =
  | { readonly reason: 'first' }
  | WhyEnded
  | {
      readonly reason: 'hold';
      readonly hold: HoldReason;
      readonly holds: number;
      readonly delayMs: number;
      readonly before?: Why | null;
      /** For people: what exactly it waits for. */
      readonly detail?: string;
    }
  | {
      readonly reason: 'released';
      readonly as: 'canary' | 'wave';
      readonly dependency: string;
      readonly before: Why | null;
    }
  | { readonly reason: 'handed-back'; readonly executor: string | null; readonly attempt: number }
  | { readonly reason: 'operator'; readonly askedBy: string; readonly attempt: number }
  | { readonly reason: 'reused'; readonly run: string }
  | { readonly reason: 'answered'; readonly run: string; readonly before: Why | null };

export const FIRST_WHY: Why = { reason: 'first' };
