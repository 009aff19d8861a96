import {
  type Answerer,
  BACKOFFS,
  EXHAUSTED_ACTIONS,
  JITTERS,
  type Json,
  type JsonText,
  type Outcome,
  type PartialRetryPolicy,
  runId,
  type TaskError,
  validateRetry,
} from '@reprise/core';
import { FieldError, type Fields, fieldReader } from './read-fields.js';

/**
 * Executors are processes of their own, perhaps in another language: what they say is checked before it decides anything.
 * The output's text is not parsed here; the database does that, and refuses what is no JSON.
 */
export function readOutcome(value: unknown): Outcome {
  const { fields } = reader('outcome', value);
  switch (fields['kind']) {
    case 'succeeded': {
      const { output, fromLedger, owner } = fields;
      if (typeof output !== 'string' || output === '') throw new FieldError('`outcome.output` must be JSON text');
      const succeeded = { kind: 'succeeded', output: output as JsonText, ...handlerRetryOf(fields) } as const;
      if (fromLedger !== true) return succeeded;
      return owner === undefined ? { ...succeeded, fromLedger } : { ...succeeded, fromLedger, owner: readOwner(owner) };
    }
    case 'failed':
      return readFailure(fields);
    case 'cancelled':
      return { kind: 'cancelled' };
    default:
      throw new FieldError('`outcome.kind` must be succeeded, failed or cancelled');
  }
}

function readFailure(fields: Readonly<Record<string, unknown>>): Outcome {
  const error = readError('outcome.error', fields['error']);
  const { retryable = null, retryAfterMs = null, happened } = fields;
  if (retryable !== null && typeof retryable !== 'boolean')
    throw new FieldError('`outcome.retryable` must be true, false or null');
  if (retryAfterMs !== null && !(typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && retryAfterMs >= 0)) {
    throw new FieldError('`outcome.retryAfterMs` must be milliseconds from 0, or null');
  }
  return {
    kind: 'failed',
    error,
    retryable,
    retryAfterMs,
    ...(happened === false ? { happened } : {}),
    ...handlerRetryOf(fields),
  };
}

function readOwner(value: unknown): Answerer {
  const read = reader('outcome.owner', value);
  return { run: runId(read.uuid('run')), node: read.count('node'), at: read.at('at') };
}

/** What is not said falls through to the engine's: it is left out. */
export function handlerRetryOf({ handlerRetry }: Fields): { readonly handlerRetry?: PartialRetryPolicy } {
  return handlerRetry === undefined || handlerRetry === null ? {} : { handlerRetry: readRetry(handlerRetry) };
}

export function readError(name: string, value: unknown): TaskError {
  const { code, message, details } = reader(name, value).fields;
  if (typeof code !== 'string' || code === '' || typeof message !== 'string') {
    throw new FieldError(`\`${name}\` needs code and message`);
  }
  return { code, message, ...(details === undefined ? {} : { details: details as Json }) };
}

const isNumber = (value: unknown): boolean => typeof value === 'number';
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
const isAmong =
  (allowed: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && allowed.includes(value);

/** `policies` are the document's to say: a handler has none. */
const RETRY_FIELDS: Readonly<Record<Exclude<keyof PartialRetryPolicy, 'policies'>, (value: unknown) => boolean>> = {
  maximumAttempts: isNumber,
  initialIntervalMs: isNumber,
  backoff: isAmong(BACKOFFS),
  backoffCoefficient: isNumber,
  maximumIntervalMs: isNumberOrNull,
  jitter: isAmong(JITTERS),
  maximumElapsedMs: isNumberOrNull,
  retryOn: (value) => value === null || isTexts(value),
  nonRetryable: isTexts,
  maximumLost: isNumber,
  onExhausted: isAmong(EXHAUSTED_ACTIONS),
};

function readRetry(value: unknown): PartialRetryPolicy {
  const { fields } = reader('outcome.handlerRetry', value);
  const said = Object.entries(RETRY_FIELDS).filter(([name]) => fields[name] !== undefined);
  const wrong = said.find(([name, holds]) => !holds(fields[name]));
  if (wrong !== undefined) throw new FieldError(`\`outcome.handlerRetry.${wrong[0]}\` is not of its type`);
  const policy = Object.fromEntries(said.map(([name]) => [name, fields[name]])) as PartialRetryPolicy;
  const [problem] = validateRetry(policy);
  if (problem !== undefined) throw new FieldError(`\`outcome.handlerRetry\`: ${problem.message}`);
  return policy;
}

function reader(name: string, value: unknown) {
  try {
    return fieldReader(value);
  } catch {
    throw new FieldError(`\`${name}\` must be an object`);
  }
}
