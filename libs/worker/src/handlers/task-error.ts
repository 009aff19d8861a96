import type { Json } from '@reprise/core';

export interface TaskErrorOptions {
  /** false: never retried, whatever the policy says. Default: the policy decides. */
  readonly retryable?: boolean;
  /** The wait before the next attempt, milliseconds; 0 = now; at most 24 h. Overrides the policy's backoff. */
  readonly retryAfterMs?: number;
  readonly details?: Json;
  /** false: nothing of its work was done, so that it may be repeated even where it must be done once. */
  readonly happened?: boolean;
  readonly cause?: unknown;
}

/** How a handler says what went wrong: a code for rules (`CARD_DECLINED`), a message for people. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly retryable: boolean | null;
  readonly retryAfterMs: number | null;
  readonly details: Json | undefined;
  readonly happened: boolean | undefined;

  constructor(
    readonly code: string,
    message: string,
    options: TaskErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.details = options.details;
    this.happened = options.happened;
  }
}
