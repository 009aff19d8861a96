import { SetMetadata } from '@nestjs/common';
import type { Effect, HandlerLimits, Json, OnInDoubt, PartialRetryPolicy } from '@reprise/core';
import type { Attempt } from './attempt.js';
import { HANDLER_METADATA } from './handler-methods.js';
import type { StandardSchemaV1 } from './standard-schema.js';

/** What a handler says of itself; the document's task and defaults come first, field by field. */
export interface HandlerOptions {
  /** What may be done with an attempt whose end is not known; default `idempotent`: run it again. */
  readonly effect?: Effect;
  /** What is done when nobody knows whether its work was done; default `park`: a person decides. */
  readonly onInDoubt?: OnInDoubt;
  /** A duration (`10s`) for one attempt, or by kind. */
  readonly timeout?: string | { readonly attempt?: string; readonly heartbeat?: string };
  readonly retry?: HandlerRetry;
  /** At most `max` attempts start in any `per` (a duration, at most 24 h), over all replicas; a task's own `rateLimit` comes first. */
  readonly rateLimit?: { readonly max: number; readonly per: string };
  /** At most so many attempts at the same time, over all replicas. */
  readonly concurrency?: number;
  /** Any Standard Schema (Zod, Valibot, ArkType …). The handler gets what it makes of the input; what does not fit fails with `INVALID_INPUT`. */
  readonly input?: StandardSchemaV1;
  /** The output is what it makes of the result; what does not fit fails with `INVALID_OUTPUT`. */
  readonly output?: StandardSchemaV1;
}

/** The retry fields as a document writes them: durations are text. */
export interface HandlerRetry {
  readonly maximumAttempts?: number;
  readonly initialInterval?: string;
  readonly backoff?: 'fixed' | 'linear' | 'exponential';
  readonly backoffCoefficient?: number;
  readonly maximumInterval?: string;
  readonly jitter?: 'none' | 'full' | 'equal' | 'decorrelated';
  readonly maximumElapsed?: string;
  readonly retryOn?: readonly string[];
  readonly nonRetryable?: readonly string[];
  readonly maximumLost?: number;
  readonly onExhausted?: 'fail' | 'park';
}

/** A handler ready to run: what the executor knows of it. */
export interface HandlerDefinition {
  readonly name: string;
  /** The class and method it was declared at, for errors: `Payments.charge`. */
  readonly declaredAt?: string;
  readonly effect: Effect;
  readonly onInDoubt?: OnInDoubt | null;
  readonly attemptTimeoutMs: number | null;
  readonly heartbeatTimeoutMs: number | null;
  readonly retry: PartialRetryPolicy | null;
  /** Over all replicas; absent: none. */
  readonly limits?: HandlerLimits | null;
  /** Resolves to the output (anything JSON can hold), or throws; a TaskError says more than another error. */
  run(input: Json, attempt: Attempt): Promise<unknown>;
}

export interface HandlerMetadata {
  readonly name: string;
  readonly options: HandlerOptions;
}

/** Marks a method of a provider as the code behind `call: NAME`. It gets `(input, attempt)`. */
export const Handler = (name: string, options: HandlerOptions = {}): MethodDecorator =>
  SetMetadata(HANDLER_METADATA, { name, options } satisfies HandlerMetadata);
