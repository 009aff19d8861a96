import type { Backoff, ExhaustedAction, Jitter } from '@reprise/core';
import type { Reference } from './reference.js';
import type { From } from './value.js';

type Unit = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** `250ms`, `5s`, `1h30m`, `2d` */
export type Duration = Unit | `${Unit}${Unit}` | `${Unit}${Unit}${Unit}`;

interface Waits {
  /** Executions in total; 1 = never retry, 0 = no limit. Default 3. */
  readonly maximumAttempts?: number;
  /** Wait before attempt 2. Default 1s. */
  readonly initialInterval?: Duration;
  readonly backoff?: Backoff;
  readonly backoffCoefficient?: number;
  readonly maximumInterval?: Duration;
  readonly jitter?: Jitter;
  readonly maximumElapsed?: Duration;
  readonly onExhausted?: ExhaustedAction;
}

interface RetryRule extends Waits {
  /** Patterns of error codes: `http.5*`. */
  readonly errors: readonly string[];
}

export interface Retry extends Waits {
  readonly retryOn?: readonly string[];
  readonly nonRetryable?: readonly string[];
  readonly policies?: readonly RetryRule[];
  /** Attempts lost with their worker. Default 5. */
  readonly maximumLost?: number;
}

/** No executor holds a group: it is neither lost nor parked. */
export interface GroupRetry extends Omit<Retry, 'onExhausted' | 'maximumLost' | 'policies'> {
  readonly policies?: readonly Omit<RetryRule, 'onExhausted'>[];
}

interface Limits {
  readonly attempt?: Duration;
  readonly queue?: Duration;
  readonly total?: Duration;
  readonly heartbeat?: Duration;
}

/** For one attempt, or a map of limits. */
export type Timeout = Duration | Limits;

/** Written out, or known when the task begins. */
export type Span<Scope> = From<Scope, Duration | Reference<string>>;

/** Of a group or a child run: `10m` for all of it. */
export type TotalTimeout<Scope> = Span<Scope> | { readonly total: Span<Scope> };

export interface Defaults {
  readonly retry?: Retry;
  readonly timeout?: Timeout;
  readonly queue?: string;
  readonly priority?: 'high' | 'normal' | 'low';
}
