import {
  EFFECTS,
  type HandlerLimits,
  type Json,
  ON_IN_DOUBT,
  type PartialRetryPolicy,
  parseDuration,
  validateRetry,
} from '@reprise/core';
import type { Attempt } from './attempt.js';
import type { HandlerDefinition, HandlerOptions, HandlerRetry } from './handler.js';
import { HandlerRegistryError } from './handler-registry.js';
import { refuseUnknown } from './known-options.js';
import { isStandardSchema } from './standard-schema.js';
import { type Schemas, validated } from './validated.js';

const OPTIONS: Readonly<Record<keyof HandlerOptions, true>> = {
  effect: true,
  onInDoubt: true,
  timeout: true,
  retry: true,
  rateLimit: true,
  concurrency: true,
  input: true,
  output: true,
};
const TIMEOUTS = { attempt: true, heartbeat: true } as const;
const RETRY: Readonly<Record<keyof HandlerRetry, true>> = {
  maximumAttempts: true,
  initialInterval: true,
  backoff: true,
  backoffCoefficient: true,
  maximumInterval: true,
  jitter: true,
  maximumElapsed: true,
  retryOn: true,
  nonRetryable: true,
  maximumLost: true,
  onExhausted: true,
};

/** A handler from its declaration. @throws HandlerRegistryError naming the handler and the option that is wrong */
export function defineHandler(
  name: string,
  options: HandlerOptions,
  run: (input: Json, attempt: Attempt) => unknown,
): HandlerDefinition {
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(name))
    throw new HandlerRegistryError(`"${name}" cannot be a handler's name: letters, digits, . _ -`);
  refuseUnknown(`handler "${name}"`, options, OPTIONS);
  const timeout = typeof options.timeout === 'string' ? { attempt: options.timeout } : (options.timeout ?? {});
  refuseUnknown(`handler "${name}": timeout`, timeout, TIMEOUTS);
  return {
    name,
    effect: wordOf(name, 'effect', options.effect, EFFECTS) ?? 'idempotent',
    onInDoubt: wordOf(name, 'onInDoubt', options.onInDoubt, ON_IN_DOUBT),
    attemptTimeoutMs: timeoutOf(name, 'timeout.attempt', timeout.attempt),
    heartbeatTimeoutMs: timeoutOf(name, 'timeout.heartbeat', 'heartbeat' in timeout ? timeout.heartbeat : undefined),
    retry: options.retry === undefined ? null : retryOf(name, options.retry),
    limits: limitsOf(name, options),
    run: validated(run, { ...schemaOf(name, 'input', options.input), ...schemaOf(name, 'output', options.output) }),
  };
}

function schemaOf(name: string, option: 'input' | 'output', schema: unknown): Schemas {
  if (schema === undefined) return {};
  if (isStandardSchema(schema)) return { [option]: schema };
  const hint = 'give one of a library that implements standardschema.dev version 1 (Zod 3.24, Valibot 1, ArkType 2 or newer)';
  throw new HandlerRegistryError(`handler "${name}": ${option} is no Standard Schema; ${hint}`);
}

function wordOf<Word extends string>(name: string, option: string, word: Word | undefined, words: readonly Word[]): Word | null {
  if (word === undefined) return null;
  if (words.includes(word)) return word;
  throw new HandlerRegistryError(`handler "${name}": ${option} "${String(word)}" is unknown; use ${words.join(', ')}`);
}

function timeoutOf(name: string, option: string, text: string | undefined): number | null {
  const ms = durationOf(name, option, text);
  if (ms !== 0) return ms;
  throw new HandlerRegistryError(`handler "${name}": ${option}: no attempt can end in no time; leave it out for the default`);
}

function durationOf(name: string, option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = parseDuration(text);
  if (parsed.kind === 'ok') return parsed.ms;
  throw new HandlerRegistryError(`handler "${name}": ${option}: ${parsed.message} (${parsed.hint})`);
}

function retryOf(name: string, retry: HandlerRetry): PartialRetryPolicy {
  refuseUnknown(`handler "${name}": retry`, retry, RETRY);
  const { initialInterval, maximumInterval, maximumElapsed, ...rest } = retry;
  const policy: PartialRetryPolicy = {
    ...rest,
    ...optional('initialIntervalMs', durationOf(name, 'retry.initialInterval', initialInterval)),
    ...optional('maximumIntervalMs', durationOf(name, 'retry.maximumInterval', maximumInterval)),
    ...optional('maximumElapsedMs', durationOf(name, 'retry.maximumElapsed', maximumElapsed)),
  };
  const [problem] = validateRetry(policy);
  if (problem !== undefined)
    throw new HandlerRegistryError(`handler "${name}": retry.${problem.path}: ${problem.message} (${problem.hint})`);
  return policy;
}

const RATE_LIMIT = { max: true, per: true } as const;
/** As many start times are kept for a key. */
const MOST_STARTS = 1_000;
const LONGEST_PER_MS = 24 * 3_600_000;

function limitsOf(name: string, { rateLimit, concurrency }: HandlerOptions): HandlerLimits | null {
  if (rateLimit === undefined && concurrency === undefined) return null;
  if (concurrency !== undefined && !isCount(concurrency, 100_000))
    throw new HandlerRegistryError(
      `handler "${name}": concurrency must be a whole number from 1 to 100000, got ${String(concurrency)}`,
    );
  return { rate: rateLimit === undefined ? null : rateOf(name, rateLimit), concurrency: concurrency ?? null };
}

function rateOf(name: string, rateLimit: NonNullable<HandlerOptions['rateLimit']>): NonNullable<HandlerLimits['rate']> {
  refuseUnknown(`handler "${name}": rateLimit`, rateLimit, RATE_LIMIT);
  const { max, per } = rateLimit;
  if (!isCount(max, MOST_STARTS))
    throw new HandlerRegistryError(
      `handler "${name}": rateLimit.max must be a whole number from 1 to ${MOST_STARTS}, got ${String(max)}`,
    );
  const perMs = durationOf(name, 'rateLimit.per', per);
  if (perMs === null || perMs === 0 || perMs > LONGEST_PER_MS)
    throw new HandlerRegistryError(`handler "${name}": rateLimit.per must be a duration of at most 24h, such as 1s`);
  return { max, perMs };
}

const isCount = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;

const optional = <Name extends string>(name: Name, value: number | null): { readonly [Key in Name]?: number } =>
  value === null ? {} : ({ [name]: value } as { readonly [Key in Name]?: number });
